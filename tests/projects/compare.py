"""Compares scores of public projects here and in CPython, and writes the list to README.md beside this file.

    HYPERSPACE=target/release/hyperspace python3 tests/projects/compare.py FOLDER [FOLDER ...]

A folder is a checkout with examples of another engine; every folder below it with an evaluator and a program is tried. Nothing of them is
kept. Projects whose imports this Python does not have are listed with the missing module.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = (("evaluator.py", "initial_program."), ("evaluate.py", "initial."))
SECONDS = 300

NATIVE = """
import importlib.util, json, os, sys
sys.path[:0] = [{folder!r}, {shims!r}]
os.chdir({folder!r})
spec = importlib.util.spec_from_file_location("evaluator", {evaluator!r})
module = importlib.util.module_from_spec(spec)
sys.modules["evaluator"] = module
spec.loader.exec_module(module)
found = module.evaluate({program!r})
found = getattr(found, "metrics", found)
numbers = [v for v in found.values() if isinstance(v, (int, float))]
score = found.get("combined_score", found.get("score", sum(numbers) / max(1, len(numbers))))
print("SCORE", json.dumps(score))
"""

SCRIPT = """
import json, os, runpy, sys
sys.path[:0] = [{folder!r}, {shims!r}]
os.chdir({folder!r})
sys.argv = [{evaluator!r}, "--program_path", {program!r}, "--results_dir", {results!r}]
try:
    runpy.run_path({evaluator!r}, run_name="__main__")
except SystemExit:
    pass
print("SCORE", json.dumps(json.load(open(os.path.join({results!r}, "metrics.json")))["combined_score"]))
"""


def projects(root):
    """Folder, evaluator and program of every project below `root`."""
    for folder, _, names in sorted(os.walk(root)):
        for evaluator, prefix in SHAPES:
            program = next((name for name in sorted(names) if name.startswith(prefix)), None)
            if evaluator in names and program:
                yield pathlib.Path(folder), evaluator, program


def native(folder, evaluator, program):
    """The score in CPython, or the reason why there is none."""
    with tempfile.TemporaryDirectory() as results:
        names = dict(
            folder=str(folder), evaluator=str(folder / evaluator), program=str(folder / program), results=results,
            shims=str(ROOT / "guest-sdk" / "bridge"),
        )
        text = (NATIVE if evaluator == "evaluator.py" else SCRIPT).format(**names)
        try:
            done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"more than {SECONDS} s"
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("SCORE "):
            return json.loads(line[6:])
    return (done.stderr.strip().splitlines() or ["no score"])[-1]


def here(folder, hyperspace):
    """The score here, or the reason why there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        task = os.path.join(scratch, "project")
        made = subprocess.run([hyperspace, "project", "import", str(folder), "--out", task], capture_output=True, text=True)
        if made.returncode:
            return made.stderr.strip().splitlines()[0]
        done = subprocess.run([hyperspace, "eval", "--task", task, "--json"], capture_output=True, text=True, timeout=10 * SECONDS)
        try:
            view = json.loads(done.stdout)
        except ValueError:
            return (done.stderr.strip().splitlines() or ["no score"])[0]
        return view["score"] if view["score"] is not None else view["detail"]


def cell(value):
    text = f"{value:.10g}" if isinstance(value, (int, float)) else str(value)
    return text.replace("|", "/").replace("\n", " ")[:160]


def main():
    hyperspace = os.environ.get("HYPERSPACE", "hyperspace")
    lines = [
        "# Projects of other engines", "",
        "Scores of their public examples here and in CPython on the same machine, with the program that each starts from. Made by",
        "`compare.py`; none of their files is kept here.", "",
        "| project | here | CPython | same |", "|---|---|---|---|",
    ]
    for root in map(pathlib.Path, sys.argv[1:]):
        for folder, evaluator, program in projects(root):
            name = f"{root.name}/{folder.relative_to(root)}"
            ours, theirs = here(folder, hyperspace), native(folder, evaluator, program)
            both = isinstance(ours, (int, float)) and isinstance(theirs, (int, float))
            lines.append(f"| {name} | {cell(ours)} | {cell(theirs)} | {'yes' if both and ours == theirs else 'no' if both else '–'} |")
            print(lines[-1], flush=True)
    (pathlib.Path(__file__).parent / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
