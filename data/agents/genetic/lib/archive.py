"""What the meta agent may read besides its own tree: archive members and its lineage's evaluations.

Everything here was written by other agents or by the engine; what is missing, broken or too long is ignored.
"""

import ast
import json
import os

SOURCE_MAX = 200_000


class Member:
    """An archive member: its task agent's source and tree, its meta agent's source, its score (None when unknown)."""

    def __init__(self, name, source, tree, meta, score):
        self.name = name
        self.source = source
        self.tree = tree
        self.meta = meta
        self.score = score


def _read(path):
    """The text of a file, or None."""
    try:
        with open(path, encoding="utf-8") as handle:
            text = handle.read(SOURCE_MAX + 1)
    except (OSError, ValueError):
        return None
    return text if len(text) <= SOURCE_MAX else None


def _json(path):
    """The object in a JSON file, or an empty one."""
    try:
        value = json.loads(_read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _names(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _number(value):
    return value if type(value) in (int, float) and value == value and abs(value) != float("inf") else None


def members(repo):
    """Archive members whose task agent parses, in the order of their names."""
    found = []
    folder = os.path.join(repo, "strategies")
    for name in _names(folder)[:64]:
        source = _read(os.path.join(folder, name, "task_agent.py"))
        if not source:
            continue
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        meta = _read(os.path.join(folder, name, "meta_agent.py"))
        score = _number(_json(os.path.join(folder, name, "metadata.json")).get("score"))
        found.append(Member(name, source, tree, meta, score))
    return found


def history(repo):
    """Scores of the own lineage, oldest first, None for an evaluation that gave no score."""
    rows = []
    folder = os.path.join(repo, "evals")
    for name in _names(folder):
        report = _json(os.path.join(folder, name, "report.json"))
        if report:
            order = (_number(report.get("generation")) or 0, _number(report.get("candidate")) or 0, name)
            rows.append((order, _number(report.get("score"))))
    return [score for _order, score in sorted(rows, key=lambda row: row[0])]


def better(first, second, direction):
    """Whether the first score is better than the second; no score is worse than any."""
    if first is None or second is None:
        return first is not None
    return first < second if direction == "minimize" else first > second


def drawn(found, direction, rng):
    """One of the members that have a score, better ones with higher odds: each rank half as likely as the one before."""
    sign = 1 if direction == "minimize" else -1
    ranked = sorted(found, key=lambda member: (sign * member.score, member.name))
    return rng.choices(ranked, [0.5**rank for rank in range(len(ranked))])[0]
