"""Scores and metrics of a project, here and in CPython."""

import fractions
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 900

HEAD = """
import asyncio, importlib.util, inspect, json, os, runpy, sys
sys.path[:0] = [os.path.dirname({evaluator!r}), {shims!r}]
os.chdir(os.path.dirname({evaluator!r}))
"""
FUNCTION = HEAD + """
spec = importlib.util.spec_from_file_location("evaluator", {evaluator!r})
module = importlib.util.module_from_spec(spec)
sys.modules["evaluator"] = module
spec.loader.exec_module(module)
def called(name):
    found = getattr(module, name)({program!r})
    if inspect.isawaitable(found):
        found = asyncio.run(found)
    return getattr(found, "metrics", found)
found = called("evaluate")
"""
# Stages as the engine runs them: the next one where the threshold of the one before is reached.
STAGES = FUNCTION.replace('found = called("evaluate")\n', """
found, thresholds = {{}}, {cascade!r}
stages = [name for name in ("evaluate_stage1", "evaluate_stage2", "evaluate_stage3") if hasattr(module, name)]
for index, name in enumerate(stages):
    found.update(called(name))
    numbers = [v for k, v in found.items() if isinstance(v, (int, float)) and k != "error"]
    reached = found.get("combined_score", sum(numbers) / max(1, len(numbers)))
    if index + 1 < len(stages) and not (index < len(thresholds) and reached >= thresholds[index]):
        break
""")
SCRIPT = HEAD + """
sys.argv = [{evaluator!r}, "--program_path", {program!r}, "--results_dir", {results!r}]
try:
    runpy.run_path({evaluator!r}, run_name="__main__")
except SystemExit:
    pass
told = os.path.join({results!r}, "correct.json")
told = json.load(open(told)) if os.path.exists(told) else {{}}
if not told.get("correct", True):
    sys.exit("not correct: " + str(told.get("error")))
found = json.load(open(os.path.join({results!r}, "metrics.json")))
"""
COMMAND = HEAD + """
sys.argv = [{evaluator!r}, {program!r}, os.path.join({results!r}, "results.json")]
runpy.run_path({evaluator!r}, run_name="__main__")
found = json.load(open(os.path.join({results!r}, "results.json")))
"""
TAIL = """
def flat(found, prefix=""):
    for name, value in found.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + str(name) + ".")
        elif hasattr(value, "__float__") and not isinstance(value, str):
            yield prefix + str(name), float(value)
numbers = [v for v in found.values() if isinstance(v, (int, float))]
key = {key!r}
score = found[key] if key else found.get("combined_score", found.get("score", sum(numbers) / max(1, len(numbers))))
print("SCORE", json.dumps([float(score), dict(flat(found))]))
"""
KINDS = {"function": FUNCTION, "stages": STAGES, "script": SCRIPT, "command": COMMAND}


class Measured:
    """A score with its metrics, or the reason why there is none."""

    def __init__(self, score=None, metrics=None, reason=None, seconds=0.0, absent=()):
        self.score, self.metrics, self.reason, self.seconds, self.absent = score, metrics or {}, reason, seconds, absent


class Imported:
    """What an import says of a project: its engine, the key of its score, and the thresholds of its stages."""

    def __init__(self, engine="–", key=None, cascade=None):
        self.engine, self.key, self.cascade = engine, key, cascade


def native(project, imported, folders, variables):
    """As CPython measures it."""
    kind = "stages" if imported.cascade is not None else project.kind
    with tempfile.TemporaryDirectory() as results:
        text = (KINDS[kind] + TAIL).format(
            evaluator=str(project.evaluator), program=str(project.program), results=results, key=imported.key, cascade=imported.cascade,
            shims=str(REPOSITORY / "guest-sdk" / "bridge"),
        )
        # One thread, as in a guest: sums in another order may differ, and threads that wait for each other take minutes.
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        env = {**os.environ, **threads, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(map(str, folders)), **variables}
        began = time.monotonic()
        try:
            done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True, timeout=SECONDS, env=env)
        except subprocess.TimeoutExpired:
            return Measured(reason=f"more than {SECONDS} s", seconds=SECONDS)
    seconds = time.monotonic() - began
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("SCORE "):
            return Measured(*json.loads(line[6:]), seconds=seconds)
    return Measured(reason=(done.stderr.strip().splitlines() or ["no score"])[-1], seconds=seconds)


def here(project, folders, variables, hyperspace):
    """As `hyperspace` measures it, and what its import says."""
    with tempfile.TemporaryDirectory() as scratch:
        task = pathlib.Path(scratch, "project")
        made = subprocess.run([hyperspace, "project", "import", "--json", str(project.folder), "--out", str(task)], capture_output=True, text=True)
        if made.returncode:
            return Imported(), Measured(reason=made.stderr.strip().splitlines()[0])
        definition = (task / "task.toml").read_text(encoding="utf-8")
        imported = Imported(json.loads(made.stdout)["engine"], value(definition, "key"), value(definition, "cascade"))
        if variables:
            # In a guest, packages are below /packages.
            pairs = ", ".join(f'{name} = "/packages"' for name in variables)
            definition = definition.replace("[scorer]\n", f"[scorer]\nenv = {{ {pairs} }}\n", 1)
            (task / "task.toml").write_text(definition, encoding="utf-8")
        command = [hyperspace, "eval", "--task", str(task), "--json", *(f"--packages={folder}" for folder in folders)]
        began = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=3 * SECONDS)
        except subprocess.TimeoutExpired:
            return imported, Measured(reason=f"more than {3 * SECONDS} s", seconds=3 * SECONDS)
        seconds = time.monotonic() - began
    try:
        view = json.loads(done.stdout)
    except ValueError:
        return imported, Measured(reason=(done.stderr.strip().splitlines() or ["no score"])[0], seconds=seconds)
    if view["score"] is None:
        return imported, Measured(reason=view["detail"], seconds=seconds)
    details = view["rows"][0].get("details") or {}
    metrics = {name: float(fractions.Fraction(number)) for name, number in details.get("metrics", {}).items()}
    absent = [note for note in details.get("notes", ()) if note.startswith("not here: ")]
    return imported, Measured(view["score"], metrics, seconds=seconds, absent=absent)


def value(definition, key):
    """The value of a key in the text of a task's definition."""
    found = next((line.partition(" = ")[2] for line in definition.splitlines() if line.startswith(f"{key} = ")), None)
    return None if found is None else json.loads(found)
