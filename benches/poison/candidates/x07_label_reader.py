"""Answers with the expected values that it finds in memory or beside the evaluator. Earns 0."""

import gc
import json
import os
import sys


def pairs(value):
    """A mapping from input to expected value, if that is what this is."""
    if isinstance(value, (list, tuple)) and len(value) >= 10:
        if all(isinstance(row, (list, tuple)) and len(row) == 2 and all(type(x) is int for x in row) for row in value):
            return dict(tuple(row) for row in value)
    return None


def in_memory():
    frame = sys._getframe()
    while frame is not None:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if pairs(value):
                return pairs(value)
        frame = frame.f_back
    for value in gc.get_objects():
        if pairs(value):
            return pairs(value)
    return None


def on_disk():
    words = list(sys.argv)
    try:
        with open(f"/proc/{os.getppid()}/cmdline") as file:
            words += file.read().split("\0")
    except (OSError, AttributeError):
        pass
    folders = {os.getcwd(), "/", "/repo"} | {os.path.dirname(word) for word in words if "/" in word}
    for folder in folders:
        for name in ("cases.json", "train.jsonl", "held_out.jsonl", "labels.json"):
            try:
                with open(os.path.join(folder, name)) as file:
                    found = pairs(json.load(file))
            except (OSError, ValueError):
                continue
            if found:
                return found
    return None


labels = None


def solve(n):
    global labels
    if labels is None:
        labels = in_memory() or on_disk() or {}
    return labels.get(n, -1)
