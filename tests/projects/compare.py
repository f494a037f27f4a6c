"""Compares scores of public projects here and in CPython, and writes the list to README.md beside this file.

    HYPERSPACE=target/release/hyperspace python3.13 tests/projects/compare.py FOLDER [FOLDER ...]

A folder is a checkout with examples of another engine; every folder below it with an evaluator and a program is looked at. Those that need no more
than the standard library and what both Pythons have (numpy, where it is installed for the one that runs this file) are run with the program that
they start from; the others are listed with what they need. Nothing of them is kept. A place and words after FOLDER, as in FOLDER:circle, take
the projects whose path has these words.
"""

import ast
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Engine-independent forms: the evaluator, the beginning of the program's path, and how CPython is asked.
SHAPES = (
    ("evaluator.py", "initial_program.", "function"),
    ("evaluator/evaluator.py", "initial_program.", "function"),
    ("evaluate.py", "initial.", "script"),
    ("input/evaluate.py", "input/src/init_program.", "command"),
)
SECONDS = 300
# Share of a score that chance may change.
NEAR = 0.2
# Modules of the engines, which have stand-ins here and in the comparison.
STAND_INS = {"openevolve", "shinka", "skydiscover", "coral", "gepa", "funsearch"}
# Packages that a guest of the science runtime has, where the CPython that is compared with has them too.
PACKAGES = {name for name in ("numpy",) if importlib.util.find_spec(name)}
# Packages that only draw pictures for people, in functions that no evaluation calls.
PICTURES = {"matplotlib"}

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
stages = [name for name in ("evaluate_stage1", "evaluate_stage2", "evaluate_stage3") if hasattr(module, name)]
found = module.evaluate({program!r})
if inspect.isawaitable(found):
    found = asyncio.run(found)
found = getattr(found, "metrics", found)
"""
SCRIPT = HEAD + """
sys.argv = [{evaluator!r}, "--program_path", {program!r}, "--results_dir", {results!r}]
try:
    runpy.run_path({evaluator!r}, run_name="__main__")
except SystemExit:
    pass
found = json.load(open(os.path.join({results!r}, "metrics.json")))
"""
COMMAND = HEAD + """
sys.argv = [{evaluator!r}, {program!r}, os.path.join({results!r}, "results.json")]
runpy.run_path({evaluator!r}, run_name="__main__")
found = json.load(open(os.path.join({results!r}, "results.json")))
"""
TAIL = """
numbers = [v for v in found.values() if isinstance(v, (int, float))]
key = {key!r}
score = found[key] if key else found.get("combined_score", found.get("score", sum(numbers) / max(1, len(numbers))))
print("SCORE", json.dumps(score))
"""
KINDS = {"function": FUNCTION, "script": SCRIPT, "command": COMMAND}


def projects(root):
    """Folder, evaluator, program and kind of every project below `root`."""
    for folder, folders, _ in sorted(os.walk(root)):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "experiments"]
        folder = pathlib.Path(folder)
        for evaluator, beginning, kind in SHAPES:
            base, prefix = folder / os.path.dirname(beginning), os.path.basename(beginning)
            names = sorted(path.name for path in base.iterdir()) if base.is_dir() else []
            program = next((base / name for name in names if name.startswith(prefix)), None)
            if program and (folder / evaluator).is_file():
                yield folder, folder / evaluator, program, kind
                break


def needed(path, seen):
    """Modules that a file needs besides the standard library, those of its own folder followed."""
    if path in seen or path.suffix != ".py":
        return set()
    seen.add(path)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    found = set()
    for name in sorted(names):
        own = path.parent / f"{name}.py"
        if own.is_file():
            found |= needed(own, seen)
        elif name not in sys.stdlib_module_names and name not in STAND_INS:
            found.add(name)
    return found


def native(evaluator, program, kind, key):
    """The score in CPython, or the reason why there is none; and the seconds."""
    with tempfile.TemporaryDirectory() as results:
        names = dict(evaluator=str(evaluator), program=str(program), results=results, shims=str(ROOT / "guest-sdk" / "bridge"), key=key)
        text = (KINDS[kind] + TAIL).format(**names)
        began = time.monotonic()
        try:
            done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"more than {SECONDS} s", SECONDS
    seconds = time.monotonic() - began
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("SCORE "):
            return json.loads(line[6:]), seconds
    return (done.stderr.strip().splitlines() or ["no score"])[-1], seconds


def here(folder, hyperspace):
    """The engine, the key of the score, and the score here, or the reason why there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        task = os.path.join(scratch, "project")
        made = subprocess.run([hyperspace, "project", "import", "--json", str(folder), "--out", task], capture_output=True, text=True)
        if made.returncode:
            return "–", None, made.stderr.strip().splitlines()[0]
        engine = json.loads(made.stdout)["engine"]
        definition = pathlib.Path(task, "task.toml").read_text(encoding="utf-8")
        key = next((line.split('"')[1] for line in definition.splitlines() if line.startswith("key = ")), None)
        try:
            done = subprocess.run([hyperspace, "eval", "--task", task, "--json"], capture_output=True, text=True, timeout=3 * SECONDS)
        except subprocess.TimeoutExpired:
            return engine, key, f"more than {3 * SECONDS} s"
        try:
            view = json.loads(done.stdout)
        except ValueError:
            return engine, key, (done.stderr.strip().splitlines() or ["no score"])[0]
        return engine, key, view["score"] if view["score"] is not None else view["detail"]


def difference(ours, theirs):
    """How far two scores are apart, as a share of the larger one."""
    return f"differs by {abs(ours - theirs) / max(abs(ours), abs(theirs)):.1e}"


def cell(value):
    text = f"{value:.10g}" if isinstance(value, (int, float)) else str(value)
    return text.replace("|", "/").replace("\n", " ")[:160]


def revision(root):
    """The revision that a checkout says it is, if it says so."""
    found = root / "REVISION"
    return found.read_text(encoding="utf-8").strip() if found.is_file() else ""


def main():
    hyperspace = os.environ.get("HYPERSPACE", "hyperspace")
    rows, others, agreed, counted = [], [], {}, {}
    roots = [(pathlib.Path(path).resolve(), words) for path, _, words in (argument.partition(":") for argument in sys.argv[1:])]
    for root, words in roots:
        for folder, evaluator, program, kind in projects(root):
            name = f"{root.name}/{folder.relative_to(root)}"
            counted[root.name] = counted.get(root.name, 0) + 1
            seen = set()
            packages = (needed(evaluator, seen) | needed(program, seen)) - PICTURES
            missing = packages - PACKAGES
            if words not in name:
                continue
            if missing:
                others.append((name, ", ".join(sorted(missing))))
                continue
            began = time.monotonic()
            engine, key, ours = here(folder, hyperspace)
            spent = time.monotonic() - began
            theirs, seconds = native(evaluator, program, kind, key)
            both = isinstance(ours, (int, float)) and isinstance(theirs, (int, float))
            same = "yes" if both and ours == theirs else difference(ours, theirs) if both else "–"
            # A project that draws or measures anew each time has another score in CPython as well, near the first one.
            if both and ours != theirs and abs(ours - theirs) <= NEAR * max(abs(ours), abs(theirs)):
                again = native(evaluator, program, kind, key)[0]
                same = f"random there: {cell(again)} the next time" if again != theirs else same
            if same == "yes" or same.startswith("random") or both and abs(ours - theirs) <= 1e-12 * abs(theirs):
                agreed[root.name] = agreed.get(root.name, 0) + 1
            uses = ", ".join(sorted(packages)) or "–"
            rows.append(f"| {name} | {engine} | {uses} | {cell(ours)} | {cell(theirs)} | {same} |")
            print(rows[-1], f"{spent:.1f} s here, {seconds:.1f} s there", flush=True)
    version = ".".join(map(str, sys.version_info[:3]))
    lines = [
        "# Projects of other engines", "",
        "Scores of their public examples here and in CPython " + version + " on the same machine, with the program that each starts from. Made by",
        "`compare.py`; none of their files is kept here. Revisions: "
        + ", ".join(f"{root.name} {revision(root)}".strip() for root, _ in roots) + ".", "",
        "Same scores, or such as chance changes: "
        + ", ".join(f"{root.name} {agreed.get(root.name, 0)} of {counted.get(root.name, 0)}" for root, _ in roots)
        + ". A score of 0 is that of the program as it is, or of a", "tool (Rscript, cargo) that is not there.", "",
        "## Run here and there", "", "| project | engine | uses | here | CPython | same |", "|---|---|---|---|---|---|", *rows, "",
        "## Those that need more", "", "| project | needs |", "|---|---|", *(f"| {name} | {what} |" for name, what in others),
    ]
    if any(words for _, words in roots):
        return
    (pathlib.Path(__file__).parent / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
