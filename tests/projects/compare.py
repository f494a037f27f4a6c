"""Compares scores of public projects here and in CPython, and writes the list to README.md beside this file.

    HYPERSPACE=target/release/hyperspace python3.13 tests/projects/compare.py FOLDER[:WORDS] [FOLDER ...]

A folder is a checkout with examples of another engine; every folder below it with an evaluator and a program is looked at, or those whose path
has WORDS (then no list is written). The program is the one that each starts from. Packages that the science runtime has are used where they are
installed for the Python that runs this file, too; packages of pure Python are fetched with pip, and a checkout of AlgoTune among the folders
gives the tasks that some projects measure. Projects that need more are listed with what they need. Nothing of them is kept. With COMPARED=FILE,
rows are kept in that file, and those that are there are not measured again: a run that was interrupted goes on.

Two measurements agree if their scores do. Where CPython itself has another score the next time, since the project draws or measures time, both
sides run the program with fixed seeds, and what CPython then has twice in the same way has to agree: the score, or else the metrics.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile

from finding import projects
from measuring import here, native
from providing import ALGOTUNE, Vendor

# Packages of the science runtime, where the CPython that is compared with has them.
PACKAGES = {name for name in ("numpy", "scipy") if importlib.util.find_spec(name)}
# Share of a number by which sums in another order may differ.
CLOSE = 1e-9
SEEDED = "import random as _random; _random.seed(20261130)"
SEEDED_NUMPY = (
    "import numpy as _numpy; _numpy.random.seed(20261130); "
    "_numpy.random.default_rng = (lambda made: lambda seed=20261130: made(seed))(_numpy.random.default_rng)"
)


def is_close(one, other):
    return one == other or abs(one - other) <= CLOSE * max(abs(one), abs(other))


def seeded(project, scratch, packages):
    """The project in a copy whose program, where it is Python, begins with fixed seeds."""
    folder = pathlib.Path(scratch, project.name)
    shutil.copytree(project.folder, folder, symlinks=True)
    moved = project.moved(folder)
    lines = moved.program.read_text(encoding="utf-8").splitlines()
    # Nothing but comments and the docstring may stand before an import from the future.
    at = max((index + 1 for index, line in enumerate(lines) if line.startswith("from __future__")), default=0)
    lines[at:at] = [SEEDED, *([SEEDED_NUMPY] if "numpy" in packages else [])]
    moved.program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return moved


def fixed(one, other):
    """The metrics that two measurements have in common, with the same value."""
    return {name: number for name, number in one.metrics.items() if other.metrics.get(name) == number}


def other_metrics(ours, theirs, next_time):
    """Metrics that CPython has twice in the same way, and we have in another."""
    kept = fixed(theirs, next_time)
    return [name for name, number in kept.items() if name in ours.metrics and not is_close(ours.metrics[name], number)]


def verdict(project, packages, ours, theirs, again):
    """Whether the two agree, and how far: a sentence. `again` measures a project here and in CPython."""
    if ours.score is None and theirs.score is None:
        return False, "neither has a score"
    if ours.score is None or theirs.score is None:
        return False, "no"
    if ours.score == theirs.score:
        return True, "yes"
    if is_close(ours.score, theirs.score):
        return True, f"yes, but for {abs(ours.score - theirs.score) / abs(theirs.score):.0e}"
    differs = f"differs by {abs(ours.score - theirs.score) / max(abs(ours.score), abs(theirs.score)):.1e}"
    next_time = again(project)[1]
    if next_time.score == theirs.score or project.program.suffix != ".py":
        return False, differs
    other = other_metrics(ours, theirs, next_time)
    if other:
        return False, f"{differs}; so does {', '.join(other)}, which is no matter of time"
    with tempfile.TemporaryDirectory() as scratch:
        copy = seeded(project, scratch, packages)
        ours, theirs = again(copy, True)
        if ours.score is None or theirs.score is None:
            return False, f"with seeds: {cell(ours.reason or theirs.reason)}"
        next_time = again(copy)[1]
    if next_time.score == theirs.score:
        same = is_close(ours.score, theirs.score)
        told = f"with seeds: {cell(ours.score)} here and {cell(theirs.score)} there"
        return same, f"yes, {told}" if same else told
    kept = {name: number for name, number in fixed(theirs, next_time).items() if name in ours.metrics}
    other = other_metrics(ours, theirs, next_time)
    if not kept or other:
        return False, f"the score is of time; {', '.join(other) or 'nothing else'} differs"
    told = ", ".join(f"{name} {cell(number)}" for name, number in list(kept.items())[:4])
    return True, f"yes, but for time, which is in the score: {told}"


def cell(value):
    text = f"{value:.10g}" if isinstance(value, (int, float)) else str(value)
    return text.replace("|", "/").replace("\n", " ")[:160]


def revision(root):
    """The revision that a checkout says it is, if it says so."""
    found = root / "REVISION"
    return found.read_text(encoding="utf-8").strip() if found.is_file() else ""


class Rows:
    """Rows of the list, and those of an earlier run."""

    def __init__(self, file):
        self.file, self.kept = file, {}
        if file and os.path.exists(file):
            for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.kept[row["project"]] = row

    def add(self, row):
        self.kept[row["project"]] = row
        if self.file:
            with open(self.file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")


def compared(project, needs, vendor, hyperspace):
    """The row of a project."""
    folders, variables = vendor.folders(needs - PACKAGES, project)
    imported = []

    def again(measured, both=False):
        ours = None
        if both:
            said, ours = here(measured, folders, variables, hyperspace)
            imported[:] = [said]
        return ours, native(measured, imported[0], folders, variables)

    ours, theirs = again(project, True)
    engine = imported[0].engine
    same, how = verdict(project, needs, ours, theirs, again)
    if not same and ours.absent:
        how = f"{how}; {cell('; '.join(ours.absent))}"
    cells = [cell(one.score if one.score is not None else one.reason) for one in (ours, theirs)]
    uses = ", ".join(sorted(needs)) or "–"
    return {"project": project.path, "same": same, "row": " | ".join((project.path, engine, uses, *cells, how))}


def main():
    hyperspace = os.environ.get("HYPERSPACE", "hyperspace")
    rows, others, agreed, counted = Rows(os.environ.get("COMPARED")), [], {}, {}
    listed = []
    roots = [(pathlib.Path(path).resolve(), words) for path, _, words in (argument.partition(":") for argument in sys.argv[1:])]
    checkouts = {ALGOTUNE: root for root, _ in roots if (root / ALGOTUNE).is_dir()}
    with tempfile.TemporaryDirectory() as scratch:
        vendor = Vendor(scratch, checkouts)
        for root, words in roots:
            for project in projects(root) if root not in checkouts.values() else ():
                counted[root.name] = counted.get(root.name, 0) + 1
                needs = project.needs()
                missing = {name for name in needs - PACKAGES if not vendor.knows(name)}
                if words not in project.path:
                    continue
                if missing:
                    others.append((project.path, ", ".join(sorted(missing))))
                    continue
                if project.path not in rows.kept:
                    rows.add(compared(project, needs, vendor, hyperspace))
                row = rows.kept[project.path]
                agreed[root.name] = agreed.get(root.name, 0) + row["same"]
                listed.append(f"| {row['row']} |")
                print(listed[-1], flush=True)
    if not any(words for _, words in roots):
        write([root for root, _ in roots], listed, others, agreed, counted)


def write(roots, rows, others, agreed, counted):
    version = ".".join(map(str, sys.version_info[:3]))
    lines = [
        "# Projects of other engines", "",
        "Scores of their public examples here and in CPython " + version + " on the same machine, with the program that each starts from. Made by",
        "`compare.py`, whose head says how they are compared; none of their files is kept here. Revisions: "
        + ", ".join(f"{root.name} {revision(root)}".strip() for root in roots) + ".", "",
        "The same: " + ", ".join(f"{name} {agreed.get(name, 0)} of {number}" for name, number in counted.items())
        + ". A score of 0 is that of the program as it is, or of a", "tool (Rscript, cargo) that is not there.", "",
        "## Run here and there", "", "| project | engine | uses | here | CPython | same |", "|---|---|---|---|---|---|", *rows, "",
        "## Those that need more", "", "| project | needs |", "|---|---|", *(f"| {name} | {what} |" for name, what in others),
    ]
    (pathlib.Path(__file__).parent / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
