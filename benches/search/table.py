"""The table of results: evaluations to the target, with medians, intervals and tests as `hyperspace study` has them."""

import itertools
import math
import random

RESAMPLES = 10_000
BASELINE = "hyperspace-iid"


def quantile(ordered, part):
    """The quantile of numbers in order, linear between them; infinite ones stay infinite."""
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    rest = at - low
    if rest == 0.0 or ordered[low] == ordered[high]:
        return ordered[low]
    return ordered[low] + (ordered[high] - ordered[low]) * rest


def interval(values):
    """The 95 % interval of the median by the percentile bootstrap; the same at every call."""
    stream = random.Random(1)
    medians = sorted(quantile(sorted(stream.choices(values, k=len(values))), 0.5) for _ in range(RESAMPLES))
    return quantile(medians, 0.025), quantile(medians, 0.975)


def better(values, others):
    """(probability that a run needs less than one of the others, p of the two-sided Mann-Whitney U test with correction for ties)."""
    pairs = [(value < other) + (value == other) / 2 for value, other in itertools.product(values, others)]
    u, n, m = sum(pairs), len(values), len(others)
    ordered = sorted([*values, *others])
    ties = sum(len(list(group)) ** 3 for _, group in itertools.groupby(ordered)) - len(ordered)
    total = n + m
    variance = n * m / 12 * ((total ** 3 - total - ties) / (total * (total - 1)))
    if variance <= 0:
        return 0.5, 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return u / (n * m), math.erfc(z / math.sqrt(2))


def number(value, budget):
    return f"> {budget}" if value == math.inf else f"{value:.0f}"


def of(rows, tasks, engines):
    """The table as Markdown."""
    lines = [
        "| task | engine | runs | reached | evaluations to target, median (95 %) | answers, median | against iid: P, p | best score, median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for task in tasks:
        of_task = {name: [row for row in rows if row["task"] == task and row["engine"] == name] for name in engines}
        needed = {name: [row["evaluations"] or math.inf for row in of_task[name]] for name in engines if of_task[name]}
        for name, values in needed.items():
            some = of_task[name]
            budget = some[0]["budget"]
            low, high = interval(values)
            shown = f"{number(quantile(sorted(values), 0.5), budget)} ({number(low, budget)} to {number(high, budget)})"
            calls = number(quantile(sorted(row["calls"] or math.inf for row in some), 0.5), budget)
            against = "–"
            if name != BASELINE and BASELINE in needed:
                probability, p = better(values, needed[BASELINE])
                against = f"{probability:.2f}, {p:.1e}" if p < 0.001 else f"{probability:.2f}, {p:.3f}"
            reached = sum(value < math.inf for value in values)
            best = quantile(sorted(row["best"] for row in some), 0.5)
            lines.append(f"| {task} | {name} | {len(some)} | {reached} | {shown} | {calls} | {against} | {best:.4f} |")
    return "\n".join(lines)
