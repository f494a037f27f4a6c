"""Offline scores for the simulator: the three bundled tasks, evaluated with the python that runs this file.

Only for tuning the genetic operators; the engine evaluates in the sandbox. Each evaluator takes source
text and a split and returns a score or None. It does not protect against hostile code, and it stops
runaway code with an interval timer only, so its figures are close to the engine's, not equal to them.
"""

import itertools
import math
import random
import signal
from fractions import Fraction

TIMEOUT_S = 20.0


class Timeout(BaseException):
    """The candidate ran longer than TIMEOUT_S (a BaseException, so that candidates rarely catch it)."""


def _alarm(_signal, _frame):
    raise Timeout()


def guarded(function, *args):
    """function(*args), or None when it raises or runs out of time."""
    previous = signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT_S)
    try:
        return function(*args)
    except (Exception, Timeout):
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def load(source, name):
    """The function `name` of a module made from source."""
    space = {"__name__": "task_agent"}
    exec(compile(source, "task_agent.py", "exec"), space)
    return space[name]


def number(value):
    """The value as a finite number; bool and everything else is refused."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


class BinPacking:
    """Online bin packing: mean excess over the L1 bound in percent; lower is better."""

    name = "bin-packing"
    direction = "minimize"
    entry = {"module": "task_agent", "function": "priority"}
    description = "Online bin packing: priority(item, bins) returns one number per bin; the largest wins."
    examples = ["priority(42, [60, 51, 150])", "priority(100, [150])"]
    fitness = (12.0, 0.0)

    def __init__(self, count=20, items=500, seed=7):
        self.splits = {}
        for split in ("train", "held_out"):
            rng = random.Random(f"{seed}/{split}")
            self.splits[split] = [[rng.randint(20, 100) for _ in range(items)] for _ in range(count)]

    def score(self, source, split, bar=None):
        """Mean excess; with `bar` (a score) a candidate far behind it after five instances is given up."""
        return guarded(self._score, source, split, bar)

    def _score(self, source, split, bar):
        priority = load(source, "priority")
        total = 0.0
        for place, items in enumerate(self.splits[split]):
            bound = math.ceil(sum(items) / 150)
            total += 100.0 * (pack_bins(priority, items, 150) - bound) / bound
            if bar is not None and place in (1, 4) and total / (place + 1) > bar + 2.0 - place * 0.25:
                return None
        return total / len(self.splits[split])


def pack_bins(priority, items, capacity):
    """Number of bins that the priority function needs."""
    bins = []
    for item in items:
        fits = [k for k, room in enumerate(bins) if room >= item]
        values = priority(item, [bins[k] for k in fits] + [capacity])
        if type(values) not in (list, tuple) or len(values) != len(fits) + 1:
            raise ValueError("one number per bin is needed")
        best = max(range(len(values)), key=lambda k: number(values[k]))
        if best == len(fits):
            bins.append(capacity - item)
        else:
            bins[fits[best]] -= item
    return len(bins)


class CapSet:
    """Size of the cap set that greedy insertion by priority finds in {0,1,2}^n; higher is better."""

    name = "cap-set"
    direction = "maximize"
    entry = {"module": "task_agent", "function": "priority"}
    description = "Cap sets: priority(element, n) orders the vectors of {0,1,2}^n for greedy insertion."
    examples = ["priority([0, 1, 2, 0, 0, 1, 1, 2], 8)"]
    fitness = (128.0, 512.0)

    def __init__(self, n=8):
        self.n = n
        self.vectors = list(itertools.product(range(3), repeat=n))
        half = list(itertools.product(range(3), repeat=n // 2))
        self.side = len(half)
        rank = {vector: place for place, vector in enumerate(half)}
        self.third = [[rank[tuple((-a - b) % 3 for a, b in zip(u, v))] for v in half] for u in half]

    def score(self, source, split, bar=None):
        """Size of the set; both splits are the same problem."""
        return guarded(self._score, source)

    def _score(self, source):
        priority = load(source, "priority")
        values = [number(priority(vector, self.n)) for vector in self.vectors]
        order = sorted(range(len(values)), key=lambda k: (-values[k], k))
        blocked = bytearray(len(values))
        side, third = self.side, self.third
        kept = []
        for k in order:
            if blocked[k]:
                continue
            high, low = third[k // side], third[k % side]
            for h, l in kept:
                blocked[high[h] * side + low[l]] = 1
            blocked[k] = 1
            kept.append((k // side, k % side))
        return len(kept)


class CirclePacking:
    """Sum of the radii of 26 disjoint circles in the unit square, exactly validated; higher is better."""

    name = "circle-packing"
    direction = "maximize"
    entry = {"module": "task_agent", "function": "pack"}
    description = "Circle packing: pack() returns 26 lists [x, y, radius] inside the unit square."
    examples = ["pack()"]
    fitness = (1.5, 2.636)

    def score(self, source, split, bar=None):
        """Sum of radii; both splits are the same problem."""
        return guarded(self._score, source)

    def _score(self, source):
        circles = load(source, "pack")()
        if len(circles) != 26 or any(len(circle) != 3 for circle in circles):
            raise ValueError("26 circles are needed")
        exact = [tuple(Fraction(number(value)) for value in circle) for circle in circles]
        for i, (x, y, r) in enumerate(exact):
            if r < 0 or x - r < 0 or y - r < 0 or x + r > 1 or y + r > 1:
                raise ValueError("outside")
            for u, v, s in exact[:i]:
                if (x - u) ** 2 + (y - v) ** 2 < (r + s) ** 2:
                    raise ValueError("overlap")
        return math.fsum(circle[2] for circle in circles)


TASKS = {"bin-packing": BinPacking, "cap-set": CapSet, "circle-packing": CirclePacking}
