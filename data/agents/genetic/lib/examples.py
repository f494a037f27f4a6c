"""Calls to try a task agent with: the task's examples, and random variants of them.

An example is a call as text (`priority(42, [60, 51, 150])`), a list of arguments, or {"args": [...]}. Variants
keep what all examples have in common (a value, a length, the last element) and draw the rest from the range
that the examples span. They show differences in behaviour that two or three examples would not show.
"""

import ast
import json
import random

VARIANTS = 40
EXAMPLES_MAX = 12
LENGTH_MAX = 12


def calls_of(task):
    """Argument lists of the task's examples that can be understood."""
    entry = task.get("entry")
    given = task.get("examples") or (entry.get("examples") if isinstance(entry, dict) else None)
    if not isinstance(given, list):
        return []
    return [call for call in map(_arguments, given) if call is not None][:EXAMPLES_MAX]


def _arguments(example):
    """The argument list of an example, or None."""
    if isinstance(example, str):
        try:
            node = ast.parse(example.strip(), mode="eval").body
            if not isinstance(node, ast.Call) or node.keywords:
                return None
            example = [ast.literal_eval(part) for part in node.args]
            return json.loads(json.dumps(example, allow_nan=False))
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            return None
    if isinstance(example, dict):
        example = example.get("args", example.get("input"))
    return example if isinstance(example, list) else None


def variants_of(calls):
    """Random relatives of the calls, always the same ones; none when there is nothing to vary."""
    width = {len(call) for call in calls}
    if len(width) != 1 or width == {0}:
        return []
    rng = random.Random(20)
    columns = [[call[place] for call in calls] for place in range(width.pop())]
    found = [[_relative(column, rng) for column in columns] for _ in range(VARIANTS)]
    return [call for call in found if call not in calls]


def _relative(column, rng):
    """One argument like those in the column."""
    whole = all(type(value) is int for value in column)
    if whole or all(type(value) in (int, float) for value in column):
        low, high = min(column), max(column)
        return rng.randint(low, high) if whole else rng.uniform(low, high)
    if all(isinstance(value, list) for value in column):
        return _relative_list(column, rng)
    return json.loads(json.dumps(rng.choice(column)))


def _relative_list(column, rng):
    """A list like those in the column: of numbers freely drawn, of anything else one of them."""
    parts = [part for value in column for part in value]
    if not parts or not all(type(part) in (int, float) for part in parts):
        return json.loads(json.dumps(rng.choice(column)))
    lengths = {len(value) for value in column}
    size = lengths.pop() if len(lengths) == 1 else rng.randint(min(len(value) for value in column), LENGTH_MAX)
    fresh = [_relative(parts, rng) for _ in range(size)]
    ends = {value[-1] for value in column if value}
    if len(column) > 1 and len(ends) == 1 and fresh:
        fresh[-1] = ends.pop()
    return fresh
