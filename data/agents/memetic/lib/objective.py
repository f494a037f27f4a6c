"""What a program's answers are worth, as far as it can be known here: by its own `quality`, or for tasks that are known by name.

A value is smaller for better programs, whatever the direction of the task. It guides the search and decides nothing.
"""

import math
import random

from lib import examples
from lib.genome import MEASURE


# More than the rounding errors of a comparison here: the engine compares exactly.
ROUNDING = 1e-15


class Measured:
    """A measure: `value(space)` of the names of a program that was imported."""

    def __init__(self, function, arguments, value):
        self.function = function
        self.arguments = arguments
        self.value = value

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
        measured = Measured(function, arguments, lambda space: sign * space[MEASURE](space[function](*arguments)))
    elif task.get("name") in KNOWN:
        measured = Measured(function, arguments, KNOWN[task["name"]](function))
    else:
        return None
    return measured if math.isfinite(measured.of_source(source)) else None


def _circles(function):
    """The sum of the radii of circles in the unit square; what overlaps is no packing."""
    def value(space):
        circles = space[function]()
        total = 0.0
        for index, (x, y, r) in enumerate(circles):
            if not (r >= 0.0 and min(x, y, 1.0 - x, 1.0 - y) >= r + ROUNDING):
                return math.inf
            for u, v, s in circles[:index]:
                if (x - u) * (x - u) + (y - v) * (y - v) < (r + s) * (r + s) + ROUNDING:
                    return math.inf
            total += r
        return -total

    return value


def _packing(function):
    """Bins above the bound in percent, on instances that are drawn here like those of the task."""
    rng = random.Random(20)
    instances = [[rng.randint(20, 100) for _ in range(500)] for _ in range(3)]
    bound = sum(-(-sum(items) // 150) for items in instances)

    def value(space):
        return 100.0 * (sum(_bins(space[function], items) for items in instances) - bound) / bound

    return value


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
    vectors = [[]]
    for _ in range(8):
        vectors = [[*vector, digit] for vector in vectors for digit in (0, 1, 2)]
    # The third point of a line through a and b has the digits -a - b; sums of two halves of four digits are looked up.
    third = [[0] * 81 for _ in range(81)]
    for a in range(81):
        for b in range(81):
            third[a][b] = sum((-(a // 3**k % 3) - (b // 3**k % 3)) % 3 * 3**k for k in range(4))

    def value(space):
        priority = space[function]
        ranks = [priority(list(vector), 8) for vector in vectors]
        blocked, taken = bytearray(6561), []
        for index in sorted(range(6561), key=lambda place: -ranks[place]):
            if blocked[index]:
                continue
            high, low = third[index // 81], third[index % 81]
            for upper, lower in taken:
                blocked[high[upper] * 81 + low[lower]] = 1
            blocked[index] = 1
            taken.append((index // 81, index % 81))
        return -float(len(taken))

    return value


KNOWN = {"bin-packing": _packing, "cap-set": _cap_set, "circle-packing": _circles}
