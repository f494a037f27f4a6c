"""Selection rules without an engine: what going on from the best, telling attempts, and skipping comments are worth with the scripted model.

Usage: rules.py [SEEDS] [TASK...]

Programs are lists of genes, so 200 seeds take a few minutes. It prints the quartiles of the evaluations to the target. See README.md.
"""

import functools
import importlib.util
import math
import random
import sys

import mutation

BUDGET, ATTEMPTS, OTHERS = 200, 8, 3


class Member:
    """A program in the archive, with what was tried on it."""

    def __init__(self, genes, score, parent=None):
        self.genes, self.score, self.parent = genes, score, parent
        self.children, self.failed = 0, []

    def line(self):
        return [self, *(self.parent.line() if self.parent else [])]


def best(members, _):
    return max(members, key=lambda member: member.score)


def score_child_prop(members, rng):
    scores = [member.score for member in members]
    low, high = min(scores), max(scores)
    fitness = [(score - low) / (high - low) if high > low else 0.5 for score in scores]
    middle = sum(sorted(fitness)[-3:]) / len(fitness[:3])
    weights = [
        round(2 ** 32 / (1 + math.exp(-10 * (one - middle))) * math.exp(-(member.children / 8) ** 3))
        for one, member in zip(fitness, members)
    ]
    return rng.choices(members, weights if any(weights) else None)[0]


RULES = {
    "best, shown nothing": {"rule": best, "attempts": 0, "others": 0},
    "best": {"rule": best},
    "best, comments not measured": {"rule": best, "syntax": True},
    "score-child-prop": {"rule": score_child_prop},
    "score-child-prop, comments not measured": {"rule": score_child_prop, "syntax": True},
}


def module(task, name):
    spec = importlib.util.spec_from_file_location(name, mutation.TASKS / task / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def measure(task):
    """(score of genes, genes of the seed) of a task."""
    evaluator, program = module(task.name, "evaluator"), module(task.name, "initial_program")
    evaluator.load = lambda _: program
    seed = tuple(getattr(program, task.gene_name))

    @functools.cache
    def score(genes):
        setattr(program, task.gene_name, list(genes))
        if hasattr(program, "SPREAD"):
            program.SPREAD, program.STEP, program.SHRINK, program.TURN, program.LEAN = genes
        return evaluator.evaluate("")["combined_score"]

    return score, seed


def needed(task, score, start, seed, rule, attempts=ATTEMPTS, others=OTHERS, syntax=False):
    """Different programs that a search evaluates until the target, or infinity."""
    rng = random.Random(f"{task.name}{seed}")
    members, seen, evaluations = [Member(start, score(start))], {start}, 1
    for _ in range(BUDGET):
        parent = rule(members, rng)
        line = parent.line()
        ranked = sorted(members, key=lambda member: -member.score)
        shown = [list(parent.genes), *(list(one.genes) for one in [one for one in ranked if one not in line][:others])]
        shown += [list(genes) for genes in parent.failed[-attempts:] if attempts]
        genes, note = mutation.proposed(task, list(parent.genes), shown, rng)
        genes = tuple(genes)
        parent.children += 1
        # A comment makes another text of a program that is known.
        evaluations += not syntax if note else genes not in seen
        seen.add(genes)
        if score(genes) >= task.target:
            return evaluations
        if score(genes) <= parent.score:
            parent.failed.append(genes)
        elif all(genes != one.genes for one in members):
            members.append(Member(genes, score(genes), parent))
    return math.inf


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("| task | rule | evaluations to target, quartiles | reached |\n|---|---|---|---|")
    for name in sys.argv[2:] or ("modules", "function-minimum", "circles"):
        task = mutation.Task(name)
        score, start = measure(task)
        for rule, settings in RULES.items():
            found = sorted(needed(task, score, start, seed, **settings) for seed in range(seeds))
            low, middle, high = (found[seeds * part // 4] for part in (1, 2, 3))
            print(f"| {name} | {rule} | {low}, {middle}, {high} | {sum(one < math.inf for one in found)} |", flush=True)


if __name__ == "__main__":
    main()
