"""What a program's answers are worth, as far as it can be known here: by its own `quality`, or for tasks that are known by name.

A value is smaller for better programs, whatever the direction of the task. It guides the search and decides nothing.
"""

import math
import random

from lib import examples
from lib.genome import MEASURE, PARTS, SLACKS
from lib.greedy import CapSets


# More than the rounding errors of a comparison here: the engine compares exactly.
ROUNDING = 1e-15
# Those of circle-packing.
CIRCLES = 26


class Measured:
    """A measure: `value(space)` of the names of a program that was imported.

    Where it has parts, `model(space)` is (goal, parts, slacks): the goal grows with better answers, or the least of the parts does if there
    are any, and no slack of a valid answer is negative. Where what is measured is built in the order of ranks, `ranking` builds it.
    """

    def __init__(self, function, arguments, value, model=None, ranking=None):
        self.function = function
        self.arguments = arguments
        self.value = value
        self.model = model
        self.ranking = ranking

    def of_source(self, source):
        """The value of a program, infinite if it fails."""
        space = {"__name__": "task_agent"}
        try:
            exec(compile(source, "<candidate>", "exec"), space)
            value = self.value(space)
        except Exception:
            return math.inf
        return value if value == value else math.inf


def of(source, task):
    """The measure of a program on a task, or None where nothing can be known."""
    entry = task.get("entry") if isinstance(task.get("entry"), dict) else {}
    function = entry.get("function") or ""
    sign = 1.0 if task.get("direction") == "minimize" else -1.0
    calls = examples.calls_of(task)
    arguments = calls[0] if calls else []
    if f"def {MEASURE}(" in source:
        measured = _own(function, arguments, sign, f"def {PARTS}(" in source, f"def {SLACKS}(" in source)
    elif task.get("name") in KNOWN:
        measured = Measured(function, arguments, *KNOWN[task["name"]](function))
    else:
        return None
    return measured if math.isfinite(measured.of_source(source)) else None


def _own(function, arguments, sign, has_parts, has_slacks):
    """The measure that a program has itself."""
    def value(space):
        answer = space[function](*arguments)
        if answer in ([], ()):
            # The least of nothing may be anything.
            return math.inf
        if has_slacks and min(space[SLACKS](answer), default=0.0) < 0.0:
            return math.inf
        return sign * space[MEASURE](answer)

    def model(space):
        answer = space[function](*arguments)
        slacks = space[SLACKS](answer) if has_slacks else []
        if has_parts:
            found = space[PARTS](answer)
            return 0.0, found if sign < 0.0 else [-part for part in found], slacks
        return -sign * space[MEASURE](answer), None, slacks

    return Measured(function, arguments, value, model if has_parts or has_slacks else None)


def _circles(function):
    """The sum of the radii of circles in the unit square; what overlaps is no packing."""
    def value(space):
        circles = space[function]()
        if len(circles) != CIRCLES:
            return math.inf
        total = 0.0
        for index, (x, y, r) in enumerate(circles):
            if not (r >= 0.0 and min(x, y, 1.0 - x, 1.0 - y) >= r + ROUNDING):
                return math.inf
            for u, v, s in circles[:index]:
                if (x - u) * (x - u) + (y - v) * (y - v) < (r + s) * (r + s) + ROUNDING:
                    return math.inf
            total += r
        return -total

    def model(space):
        circles = space[function]()
        slacks = []
        for index, (x, y, r) in enumerate(circles):
            slacks += [r, x - r, y - r, 1.0 - x - r, 1.0 - y - r]
            slacks += [math.hypot(x - u, y - v) - r - s for u, v, s in circles[:index]]
        return sum(r for _, _, r in circles), None, slacks

    return value, model


def _packing(function):
    """Bins above the bound in percent, on instances that are drawn here like those of the task."""
    rng = random.Random(20)
    instances = [[rng.randint(20, 100) for _ in range(500)] for _ in range(3)]
    bound = sum(-(-sum(items) // 150) for items in instances)

    def value(space):
        return 100.0 * (sum(_bins(space[function], items) for items in instances) - bound) / bound

    return (value,)


def _bins(priority, items):
    """The number of bins that a rule opens."""
    bins = []
    for item in items:
        fitting = [place for place, space in enumerate(bins) if space >= item]
        scores = priority(item, [bins[place] for place in fitting] + [150])
        best = scores.index(max(scores))
        if best < len(fitting):
            bins[fitting[best]] -= item
        else:
            bins.append(150 - item)
    return len(bins)


def _cap_set(function):
    """The size of the greedy cap set in dimension 8."""
    ranking = CapSets(8)

    def value(space):
        priority = space[function]
        return ranking.of_ranks([priority(list(vector), 8) for vector in ranking.inputs])

    return value, None, ranking


KNOWN = {"bin-packing": _packing, "cap-set": _cap_set, "circle-packing": _circles}
