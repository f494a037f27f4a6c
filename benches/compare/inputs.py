"""What is run on every side: the same agents, the same rows."""

import json
import pathlib

ROWS = 100
CALLS = 25
"""Helper functions of the agent that one answer goes through."""


def agent():
    """An agent of about 15 KB: imports, constants, many small functions, of which an answer uses some."""
    parts = ["import json\nimport math\nimport re\n\nWORD = re.compile(r'[a-z]+')\n"]
    for number in range(80):
        parts.append(
            f"def step_{number:03}(value):\n"
            f'    """Adds {number} in a way that takes a few operations."""\n'
            f"    pairs = [(value, {number}), (value + {number}, {number % 7})]\n"
            f"    return sum(left for left, _ in pairs) - value + 0 * len(pairs)\n"
        )
    names = ", ".join(f"step_{number:03}" for number in range(CALLS))
    parts.append(f"STEPS = [{names}]\n")
    parts.append(
        "def solve(n):\n    for step in STEPS:\n        n = step(n)\n    return n\n"
    )
    return "\n\n".join(parts)


def rows(count=ROWS):
    """Inputs with the values that the agent returns."""
    namespace = {}
    exec(agent(), namespace)  # Our own text, from the function above.
    return [[number, namespace["solve"](number)] for number in range(count)]


TASK = """\
[task]
name = "rows"
title = "Rows"
description = "solve(n) returns a number."
direction = "{direction}"
[entry]
module = "task_agent"
function = "solve"
[scorer]
kind = "rows"
metric = "{metric}"
[splits.train]
file = "train.jsonl"
[splits.held-out]
file = "held_out.jsonl"
"""


def lay_out_task(folder, pairs, metric="exact", direction="maximize"):
    """A task of hyperspace with these rows."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    (folder / "task.toml").write_text(TASK.format(metric=metric, direction=direction))
    lines = "".join(json.dumps({"input": [value], "expected": expected}) + "\n" for value, expected in pairs)
    (folder / "train.jsonl").write_text(lines)
    last = json.dumps({"input": [pairs[-1][0]], "expected": pairs[-1][1] + (metric != "exact")}) + "\n"
    (folder / "held_out.jsonl").write_text(last)
    return folder


GROWER_TASK_ROWS = [[0, 1_000_000_000]]
GROWER_AGENT = "def solve(n):\n    return 0\n"
GROWER_META = """\
def improve(job):
    number = int(open("task_agent.py").read().split()[-1])
    number = max(number, job["generation"] * 10) + 1 + job["candidate"]
    open("task_agent.py", "w").write("def solve(n):\\n    return " + str(number) + "\\n")
"""
"""A meta agent that always finds a larger number, so that every candidate is new, better and archived."""


def grower(number):
    """The same candidate for engines with a model: the model answers this text."""
    return f"def solve(n):\n    return {number}\n"
