"""A genetic programmer: it changes a task agent's syntax tree at random, and sometimes itself.

This is no language model and understands nothing of the task. It parses `task_agent.py`, applies random
operators to the tree (literals, operators, expressions, conditions, statements, parts of archive members),
keeps the first child that compiles and answers the task's examples otherwise than its parent, and leaves the
judgement to the evaluation. Its own parameters are the literal below; with the odds `self_rate` the child gets
changed ones, so that what varies well is inherited together with what it made.

`improve(arg)` edits the tree at `arg["repo"]` once: `task_agent.py` always, `meta_agent.py` sometimes, nothing
else. All chance comes from `arg["seed"]`.
"""

import ast
import os
import random

from lib import archive, self_change, variation

PARAMETERS = {
    "again": 0.35,
    "attempts": 25,
    "constant_scale": 0.4,
    "jitter_scale": 0.08,
    "depth_max": 2,
    "size_max": 260,
    "adopt": 0.35,
    "self_rate": 0.2,
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


def improve(arg):
    """Makes the tree at arg["repo"] into a child of itself; returns what was done, as JSON-serialisable data."""
    rng = random.Random(arg["seed"])
    repo = arg.get("repo") or "/repo"
    task = arg.get("task") or {}
    parent = arg.get("parent") or {}
    direction = task.get("direction", "maximize")
    parameters = self_change.settled(PARAMETERS, PARAMETERS)
    members = archive.members(repo)
    source = _read(os.path.join(repo, "task_agent.py"))
    source, adopted = _start(source, members, parent.get("score"), direction, parameters, rng)
    if stagnating(archive.history(repo), direction):
        parameters["again"] = min(0.8, parameters["again"] + 0.15)
    child = variation.Breeder(source, task, members, rng, parameters).child()
    if child is None:
        child = variation.Child(_last_resort(source, rng), ["constant added"], 0)
    _write(os.path.join(repo, "task_agent.py"), child.source)
    changed = rng.random() < parameters["self_rate"] and _change_self(repo, members, rng)
    return {"operators": child.applied, "tries": child.tries, "adopted": adopted, "self_changed": bool(changed)}


def stagnating(scores, direction):
    """Whether the lineage's last evaluations brought less than a thousandth."""
    known = [score for score in scores if score is not None]
    if len(known) < 4:
        return False
    gain = known[0] - known[-1] if direction == "minimize" else known[-1] - known[0]
    return gain < 0.001 * abs(known[0])


def _start(source, members, score, direction, parameters, rng):
    """(source to vary, name of the member it comes from or None): the own one, unless it is broken or, at times, behind."""
    broken = True
    try:
        ast.parse(source if source is not None else "(")
        broken = False
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    ahead = [member for member in members if archive.better(member.score, score, direction)]
    if ahead and (broken or rng.random() < parameters["adopt"]):
        member = archive.drawn(ahead, direction, rng)
        return member.source, member.name
    if broken and members:
        return members[0].source, members[0].name
    return ("" if broken else source), None


def _last_resort(source, rng):
    """The source with one unused constant more: different and valid, for trees that offer nothing to change."""
    tree = ast.parse(source)
    name = f"UNUSED_{rng.randrange(1_000_000)}"
    tree.body.append(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(rng.randrange(1_000_000))))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _change_self(repo, members, rng):
    """Rewrites the PARAMETERS of the child's meta agent; returns whether it did."""
    path = os.path.join(repo, "meta_agent.py")
    source = _read(path)
    current = self_change.parameters_of(source) if source is not None else None
    if current is None:
        return False
    donors = [found for found in (self_change.parameters_of(member.meta or "") for member in members) if found]
    donor = rng.choice(donors) if donors and rng.random() < 0.5 else None
    fresh = self_change.rewritten(source, self_change.varied(self_change.settled(current, PARAMETERS), rng, donor))
    if fresh is None or fresh == source:
        return False
    _write(path, fresh)
    return True


def _read(path):
    """The text of a file, or None."""
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read()
    except (OSError, ValueError):
        return None


def _write(path, text):
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)
