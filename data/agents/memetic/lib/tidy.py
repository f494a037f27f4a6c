"""Cuts what does not change a program's behaviour: definitions that nothing needs, and statements that can go.

What behaves equally on the task's examples and their variants, and is worth the same where there is a measure, counts as equal.
"""

import ast

from lib.genome import SAYS, reach
from lib.probe import Probe

STEPS = 60_000
TRIES = 12


def tidied(source, task, measured):
    """The source without what it does not need."""
    entry = task.get("entry") if isinstance(task.get("entry"), dict) else {}
    function = entry.get("function") or ""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return source
    needed = set().union(*(reach(tree, name) for name in (function, *SAYS)))
    kept = [node for node in tree.body if not isinstance(node, ast.FunctionDef) or node.name in needed]
    kept = [node for node in kept if not _is_unused_table(node, needed)]
    if function in needed and len(kept) < len(tree.body):
        tree.body = kept
        source = ast.unparse(tree) + "\n"
    return source if measured is not None else _shorter(source, task)


def _is_unused_table(node, needed):
    """Whether a statement only binds names that nothing needs, to something that has no effect."""
    if not isinstance(node, ast.Assign) or any(isinstance(part, ast.Call) for part in ast.walk(node)):
        return False
    return all(isinstance(target, ast.Name) and target.id not in needed for target in node.targets)


def _shorter(source, task):
    """Leaves out single statements of functions as long as all answers stay the same."""
    probe = Probe(task, STEPS)
    answers = probe.run(source, STEPS // 4)
    if answers is None or not answers.sound:
        return source
    for _ in range(TRIES):
        found = next((text for text in _without_one(source) if _same(probe, text, answers)), None)
        if found is None:
            return source
        source = found
    return source


def _same(probe, text, answers):
    found = probe.run(text, STEPS // 8) if probe.steps > 0 else None
    return found is not None and found.values == answers.values


def _without_one(source):
    """Sources that lack one statement of a function."""
    count = sum(len(list(_bodies(node))) for node in ast.parse(source).body)
    for number in range(count):
        tree = ast.parse(source)
        places = [place for node in tree.body for place in _bodies(node)]
        body, index = places[number]
        del body[index]
        yield ast.unparse(tree) + "\n"


def _bodies(function):
    """Statements that may be tried without: (block, place)."""
    if not isinstance(function, ast.FunctionDef):
        return
    for node in ast.walk(function):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and len(block) > 1:
                for index, statement in enumerate(block):
                    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                    if not text and not isinstance(statement, ast.Return):
                        yield block, index
