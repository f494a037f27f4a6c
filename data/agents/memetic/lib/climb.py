"""Sequential linear programming: climbs to a local optimum of a program whose measure has parts.

Such a program says more than one number about its answer: the `parts` of which its quality is the least one, or the `slacks` that
must not be negative, or both. All of them are differentiated (finite differences), a linear program finds the best step within
a box, and the box grows where its forecast was right and shrinks where it was not (a trust region).
"""

import math

from lib.linear import maximised
from lib.search import at, leaves

FLOATS_MAX = 120
STEP = 1e-7
# Constraints keep this distance, which is more than the rounding errors of a measure.
MARGIN = 1e-10
# What a violated constraint costs, per unit: more than any multiplier of a well-scaled program.
PENALTY = 1e3
REACH, REACH_MAX, REACH_MIN = 0.1, 0.3, 1e-7
# The next box is at most so many times as large as the last step, so that few constraints are within its reach.
REACH_NEXT = 3.0
GAIN_MIN = 1e-8
# A climb is given up if, after some rounds, so many times the last gain would not take it to its aim.
ROUNDS_MIN, PROMISE = 3, 3.0
# A part counts little where it exceeds the least one by this share of what the median does.
SMOOTHED = 0.1


class Climb:
    """Climbs from tables; `model()` is (goal, parts, slacks) of what they hold now: the goal, or the least part if there are any, grows.

    What does not promise to reach the aim is given up.
    """

    def __init__(self, tables, model, left, aim=-math.inf):
        self.tables = tables
        self.model = model
        self.left = left
        self.aim = aim
        self.tries = 0
        self.places, self.scales = [], []
        for name in sorted(tables):
            found = [path for path in leaves(tables[name]) if type(at(tables[name], path)) is float]
            # Steps are shares of the largest number of a table.
            largest = max((abs(at(tables[name], path)) for path in found), default=0.0)
            for path in found:
                self.places.append((at(tables[name], path[:-1]), path[-1]) if path else (tables, name))
                self.scales.append(largest or 1.0)

    @property
    def fits(self):
        """Whether there are floats, and not too many."""
        return 0 < len(self.places) <= FLOATS_MAX

    def run(self, reach=REACH):
        """Climbs until nothing is gained or the time is up; leaves the best point in the tables and returns whether it is valid."""
        if not self.fits:
            return False
        point = [holder[key] for holder, key in self.places]
        failures, rounds, way, found = 0, 0, STEP, None
        try:
            began = self.left()
            found = self._model(point)
            cost = (began - self.left()) * (len(point) + 1)
            # A round is not interrupted: what would take longer than the time that is left is not begun.
            while failures < 2 and self.left() > cost:
                moved = self._round(point, found, way, reach)
                if moved is None:
                    # At an edge the differences of one side say nothing about the other one.
                    failures, way, reach = failures + 1, -way, min(reach, 0.01)
                    continue
                gain = merit(moved[1]) - merit(found)
                point, found, reach = moved
                failures, rounds = 0, rounds + 1
                if rounds >= ROUNDS_MIN and merit(found) + PROMISE * gain < self.aim:
                    break
        except (ArithmeticError, ValueError, TypeError, LookupError):
            found = None
        self._set(point)
        return found is not None and min(found[2], default=1.0) >= 0.1 * MARGIN

    def _set(self, point):
        for (holder, key), number in zip(self.places, point):
            holder[key] = number

    def _model(self, point):
        self.tries += 1
        self._set(point)
        return self.model()

    def _columns(self, point, way):
        """The models beside a point, one for each of its numbers."""
        self._set(point)
        self.tries += len(point)
        columns = []
        for (holder, key), number, scale in zip(self.places, point, self.scales):
            holder[key] = number + way * scale
            columns.append(self.model())
            holder[key] = number
        return columns

    def _round(self, point, found, way, reach):
        """(point, model, reach) after a step that gained something, or None."""
        worth = merit(found)
        program = _Linear(found, self._columns(point, way), way, self.left)
        while reach > REACH_MIN and self.left() > 0.0:
            step, forecast = program.step(reach)
            if forecast <= GAIN_MIN * max(1e-3, abs(worth)):
                return None
            other = [number + change * scale for number, change, scale in zip(point, step, self.scales)]
            fresh = self._model(other)
            gain = merit(fresh) - worth
            if gain > 0.0:
                if gain < 0.3 * forecast:
                    reach /= 2.0
                elif gain > 0.7 * forecast:
                    reach = min(REACH_MAX, 2.0 * reach)
                return other, fresh, min(reach, REACH_NEXT * max(map(abs, step)))
            reach /= 3.0
        return None


def merit(found):
    """What is maximised: the goal or the least part, less the penalty of the worst violation."""
    goal, parts, slacks = found
    return (min(parts) if parts else goal) + PENALTY * min(0.0, min(slacks, default=1.0) - MARGIN)


def smooth(found, scale):
    """A measure without plateaus, for places to begin at: all parts count, those near the least one most, and so do all violations."""
    goal, parts, slacks = found
    if parts:
        least = min(parts)
        goal = least - scale * math.log(sum(math.exp((least - part) / scale) for part in parts))
    return goal + PENALTY * sum(min(0.0, slack) for slack in slacks)


def scale_of(found):
    """The scale of differences between parts that matter to `smooth`."""
    parts = sorted(found[1] or ())
    return SMOOTHED * (parts[len(parts) // 2] - parts[0]) or 1.0 if parts else 1.0


class _Linear:
    """The linear model around a point: variables are the steps, then the rise of the least part, then the violation that is mended."""

    def __init__(self, found, columns, way, left):
        goal, parts, slacks = found
        self.left = left
        least = min(parts) if parts else None
        self.rises = [1.0] if parts else []
        self.gains = [0.0] * len(columns) if parts else [(column[0] - goal) / way for column in columns]
        self.violation = max(0.0, MARGIN - min(slacks, default=1.0))
        self.rows = []
        for kind, numbers, floor in ((1, parts or (), least), (2, slacks, MARGIN)):
            for number, *others in zip(numbers, *(column[kind] or () for column in columns), strict=True):
                falls = [(number - other) / way for other in others]
                self.rows.append((kind, number - floor, falls, sum(map(abs, falls))))

    def step(self, reach):
        """(step, gain that it forecasts) of the best step within a box."""
        mends = [-PENALTY] if self.violation > 0.0 else []
        rows = []
        for kind, room, falls, steepness in self.rows:
            # What cannot be reached is left out: the rise itself is a step of the least part.
            if room < (2.0 if kind == 1 else 1.0) * reach * steepness:
                if kind == 1:
                    rows.append(([*falls, 1.0, *(0.0 for _ in mends)], room))
                else:
                    rows.append(([*falls, *(0.0 for _ in self.rises), *(-1.0 for _ in mends)], max(0.0, room + self.violation)))
        gains = [*self.gains, *self.rises, *mends]
        bounds = [(-reach, reach)] * len(self.gains) + [(0.0, 1e3) for _ in self.rises] + [(-self.violation, 0.0) for _ in mends]
        step = maximised(gains, rows, bounds, self.left)
        return step[:len(self.gains)], sum(map(float.__mul__, gains, step))
