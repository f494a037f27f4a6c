"""A memetic programmer: genetic variation of a task agent's syntax tree, and local search on its numbers.

Like the agent `genetic`, whose operators it has, it is no language model. Three things are its own:

- Where the program has a measure of its own (a function `quality(answer)`), or the task is one that `lib/objective.py`
  knows, a child's numbers are searched in this sandbox before anything is evaluated: some thousand answers are measured here for
  one evaluation of the engine.
- Operators are chosen by their success: a ledger in the tree says which ones made the ancestors.
- A child that behaves like its parent or like a member of the archive is no child, and what does not change behaviour is cut.

`improve(arg)` edits the tree at `arg["repo"]` once: `task_agent.py` and `lib/ledger.json`. All chance comes from `arg["seed"]`.
"""

import ast
import os
import random
import time

from lib import archive, form, ledger, objective, refine, symmetry, tidy, traits, variation

try:
    from hyperspace import limits
except ImportError:  # In runs of tasks whose recorded results are older.
    limits = None

PARAMETERS = {
    "again": 0.35,
    "attempts": 25,
    "constant_scale": 0.4,
    "jitter_scale": 0.08,
    "depth_max": 2,
    "size_max": 400,
    "adopt": 0.35,
    "vary": 0.35,
    "traits": 0.9,
    "symmetry": 0.7,
    "share": 0.8,
    "weights": {
        "constant": 3.0,
        "jitter": 1.0,
        "operator": 1.0,
        "grow": 1.5,
        "extend": 2.5,
        "shrink": 0.6,
        "hoist": 0.6,
        "rescale": 1.0,
        "wrap": 2.0,
        "condition": 0.8,
        "accumulate": 1.5,
        "introduce": 0.7,
        "return": 0.5,
        "repeat": 0.6,
        "delete": 0.6,
        "swap": 0.2,
        "reweigh": 0.8,
        "cross_expression": 1.0,
        "cross_function": 0.3,
        "cross_statement": 0.4,
        "cross_constants": 0.6,
    },
}
# The least that a meta agent has where nobody tells.
DEFAULT_SECONDS = 4.0
# Variations of a program with EVOLVE-BLOCK markers until one changes what is between them.
VARIED_MAX = 8


def improve(arg):
    """Makes the tree at arg["repo"] into a child of itself; returns what was done, as JSON-serialisable data."""
    rng = random.Random(arg["seed"])
    repo = arg.get("repo") or "/repo"
    task, parent = arg.get("task") or {}, arg.get("parent") or {}
    direction = task.get("direction", "maximize")
    members = archive.members(repo)
    own = archive._read(os.path.join(repo, "task_agent.py"))
    source, adopted = _start(repo, members, parent.get("score"), direction, rng)
    record = ledger.read(repo)
    parameters = {**PARAMETERS, "weights": ledger.weights(record, PARAMETERS["weights"])}
    measured = objective.of(source, task)
    applied, tries, report = [], 0, None
    if measured is None:
        for _ in range(VARIED_MAX if _is_marked(own) else 1):
            varied, applied, tries = _varied(source, task, members, rng, parameters)
            # What only differs outside of the regions is no child.
            if _fitted(own, varied) != own:
                break
        source = varied
    elif (found := form.of(source, measured)) is not None and rng.random() < parameters["traits"]:
        way = symmetry if symmetry.fits(found, measured) and rng.random() < parameters["symmetry"] else traits
        source, report = way.grown(source, found, measured, _seconds(parameters), rng)
        applied = [report["way"]]
    elif rng.random() < parameters["vary"]:
        varied, applied, tries = _varied(source, task, members, rng, parameters)
        fresh, report = refine.refined(varied, measured, _seconds(parameters, 0.6), rng)
        if measured.of_source(fresh) < measured.of_source(source):
            source = fresh
        else:
            # Variation came to nothing, by the program's own measure: the rest of the time is for the parent's numbers.
            applied = []
    if measured is not None and not applied:
        source, report = refine.refined(source, measured, _seconds(parameters), rng)
    source = _fitted(own, tidy.tidied(source, task, measured))
    with open(os.path.join(repo, "task_agent.py"), "w", encoding="utf-8") as handle:
        handle.write(source)
    ledger.write(repo, record, applied or ["refine"])
    print(_told(applied, adopted, report))
    return {"operators": applied, "tries": tries, "adopted": adopted, "search": report}


def _told(applied, adopted, report):
    """What was done, in a sentence for whoever reads the run."""
    told = [f"varied by {', '.join(applied)}"] if applied else []
    if adopted is not None:
        told.append(f"took over {adopted}")
    if report and report.get("tries"):
        numbers = [f"{value:.6g}" for value in (report["before"], report["after"]) if value is not None]
        told.append(f"searched the numbers: {report['tries']} tries here" + (f", {' to '.join(numbers)}" if len(numbers) == 2 else ""))
    text = "; ".join(told) or "found nothing to change"
    return text[0].upper() + text[1:] + "."


def _is_marked(own):
    return own is not None and "EVOLVE-BLOCK-START" in own


def _fitted(own, child):
    """The child with what is outside of EVOLVE-BLOCK markers as its parent has it."""
    if not _is_marked(own):
        return child
    from lib import blocks

    return blocks.fitted(own, child)


def _seconds(parameters, part=1.0):
    """The time that a search may take, of the guest's clock: a share of what is left."""
    spent = time.monotonic()
    left = limits.seconds_left() if limits is not None else DEFAULT_SECONDS - spent
    return part * parameters["share"] * max(0.1, left - 0.3)


def _start(repo, members, score, direction, rng):
    """(source to vary, name of the member it comes from or None): the own one, unless it is broken or, at times, behind."""
    source = archive._read(os.path.join(repo, "task_agent.py"))
    try:
        ast.parse(source if source is not None else "(")
        broken = False
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        broken = True
    ahead = [member for member in members if archive.better(member.score, score, direction)]
    if ahead and (broken or rng.random() < PARAMETERS["adopt"]):
        member = archive.drawn(ahead, direction, rng)
        return member.source, member.name
    if broken and members:
        return members[0].source, members[0].name
    return ("" if broken else source), None


def _varied(source, task, members, rng, parameters):
    """(source, operators, tries) of a child that behaves otherwise than its parent and than all members."""
    breeder = variation.Breeder(source, task, members, rng, parameters)
    known = set()
    for member in members[:8]:
        answers = breeder.probe.run(member.source, variation.PROBE_STEPS_EACH)
        if answers is not None and answers.sound:
            known.add(answers.text)
    child = None
    for _ in range(4):
        child = breeder.child() or child
        if child is None:
            break
        answers = breeder.probe.run(child.source, variation.PROBE_STEPS_EACH) if known else None
        if answers is None or answers.text not in known:
            break
    if child is None:
        return source, [], 0
    return child.source, child.applied, child.tries
