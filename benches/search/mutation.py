"""The change that the scripted model makes: one distribution for every engine, over what a prompt shows.

A program has its genes in one line, `NAME = [...]`. A change is drawn like this:

- with probability IDLE nothing that matters is changed (a comment);
- with probability CROSS, if the prompt shows another program, every gene comes from the parent or from that one;
- else one gene is drawn anew, and with probability MORE another one, and so on.

A change that leads to genes that the prompt shows is drawn again, a few times: a reader does not propose what was just tried.
"""

import ast
import json
import math
import pathlib
import re

IDLE, CROSS, MORE = 0.1, 0.2, 0.25
AGAIN = 8
TASKS = pathlib.Path(__file__).parent / "tasks"


class Task:
    """Name and ranges of the genes of a task, and the score that is aimed at."""

    def __init__(self, name):
        about = json.loads((TASKS / name / "genes.json").read_text())
        self.name = name
        self.title = about["title"]
        self.target = about["target"]
        self.gene_name = about["name"]
        self.genes = [gene for gene in about["genes"] for _ in range(gene.get("repeat", 1))]
        self.block = about.get("block", 1)
        # A prompt may show the line indented, in a difference, or in a quoted block.
        self.line = re.compile(rf"^[ \t|+-]*{self.gene_name} = (\[[^\]\n]*\]).*$", re.M)

    def read(self, text):
        """Every list of genes in `text`, in order, of the right length."""
        found = []
        for match in self.line.finditer(text):
            try:
                genes = ast.literal_eval(match[1])
            except (SyntaxError, ValueError):
                continue
            if len(genes) == len(self.genes):
                found.append(genes)
        return found

    def written(self, genes, note=""):
        return f"{self.gene_name} = {genes!r}{note}"


def drawn(gene, value, rng):
    """A new value of one gene: another option, or a step whose size is drawn from small to large."""
    if "options" in gene:
        return (value + rng.randrange(1, gene["options"])) % gene["options"]
    low, high, digits = gene["low"], gene["high"], gene["digits"]
    logarithmic = gene.get("scale") == "log"
    if logarithmic:
        low, high, value = math.log(low), math.log(high), math.log(max(value, gene["low"]))
    step = rng.gauss(0.0, 1.0) * (high - low) * 10.0 ** rng.uniform(-2.5, -0.5)
    fresh = min(high, max(low, value + step))
    fresh = round(math.exp(fresh) if logarithmic else fresh, digits)
    return int(fresh) if digits == 0 else fresh


def point(task, parent, rng):
    """The parent with one block of genes drawn anew, or with more than one."""
    child = list(parent)
    while True:
        start = rng.randrange(0, len(child), task.block)
        for at in range(start, start + task.block):
            child[at] = drawn(task.genes[at], child[at], rng)
        if rng.random() >= MORE:
            return child


def crossed(task, parent, other, rng):
    """Each block of genes from the parent or from the other program."""
    child = []
    for start in range(0, len(parent), task.block):
        child += (parent if rng.random() < 0.5 else other)[start:start + task.block]
    return child


def proposed(task, parent, shown, rng):
    """(genes, note): the child of `parent` that is proposed to a reader of `shown`, a list of genes."""
    if rng.random() < IDLE:
        return list(parent), f"  # note {rng.randrange(10 ** 9)}"
    others = [genes for genes in shown if genes != parent]
    cross = rng.random() < CROSS and bool(others)
    for _ in range(AGAIN):
        child = crossed(task, parent, rng.choice(others), rng) if cross else point(task, parent, rng)
        if child != parent and child not in shown:
            break
        cross = False
    return child, ""
