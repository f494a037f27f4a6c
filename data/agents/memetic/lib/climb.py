"""Sequential linear programming: climbs to a local optimum of a program whose measure has parts.

Such a program says more than one number about its answer: the `parts` of which its quality is the least one, or the `slacks` that
must not be negative, or both. All of them are differentiated (finite differences), a linear program finds the best step within
a box, and the box grows where its forecast was right and shrinks where it was not (a trust region).
"""

from lib.linear import maximised
from lib.search import at, leaves, put

FLOATS_MAX = 120
STEP = 1e-7
# Constraints keep this distance, which is more than the rounding errors of a measure.
MARGIN = 1e-10
# What a violated constraint costs, per unit: more than any multiplier of a well-scaled program.
PENALTY = 1e3
REACH_MAX, REACH_MIN = 0.3, 1e-7
GAIN_MIN = 1e-8


class Climb:
    """Climbs from tables; `model()` is (goal, parts, slacks) of what they hold now: the goal, or the least part if there are any, grows."""

    def __init__(self, tables, model, left):
        self.tables = tables
        self.model = model
        self.left = left
        self.tries = 0
        self.places = [(name, path) for name in sorted(tables) for path in leaves(tables[name]) if type(at(tables[name], path)) is float]
        # Steps are shares of the largest number of a table.
        largest = {}
        for name, path in self.places:
            largest[name] = max(largest.get(name, 0.0), abs(at(tables[name], path)))
        self.scales = [largest[name] or 1.0 for name, _ in self.places]

    def point(self):
        return [at(self.tables[name], path) for name, path in self.places]

    def set(self, point):
        for (name, path), number in zip(self.places, point):
            put(self.tables, name, path, number)

    def run(self, reach=0.1):
        """Climbs until nothing is gained or the time is up; leaves the best point in the tables and returns whether it is valid."""
        if not 0 < len(self.places) <= FLOATS_MAX:
            return False
        point, failures, way = self.point(), 0, STEP
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
                else:
                    point, found, reach = moved
                    failures = 0
        except (ArithmeticError, ValueError, TypeError, LookupError):
            found = None
        self.set(point)
        return found is not None and min(found[2], default=0.0) >= -0.9 * MARGIN

    def _model(self, point):
        self.tries += 1
        self.set(point)
        goal, parts, slacks = self.model()
        return goal, parts, [slack - MARGIN for slack in slacks]

    def _round(self, point, found, way, reach):
        """(point, model, reach) after a step that gained something, or None."""
        worth = merit(found)
        columns = []
        for place, (number, scale) in enumerate(zip(point, self.scales)):
            columns.append(self._model([*point[:place], number + way * scale, *point[place + 1:]]))
        program = _Linear(found, columns, way, self.left)
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
                return other, fresh, reach
            reach /= 3.0
        return None


def merit(found):
    """What is maximised: the goal or the least part, less the penalty of the worst violation."""
    goal, parts, slacks = found
    return (min(parts) if parts else goal) + PENALTY * min(0.0, min(slacks, default=0.0))


class _Linear:
    """The linear model around a point: variables are the steps, then the rise of the least part, then the violation that is mended."""

    def __init__(self, found, columns, way, left):
        goal, parts, slacks = found
        self.left = left
        self.least = min(parts) if parts else None
        self.gains = [0.0] * len(columns) if parts else [(column[0] - goal) / way for column in columns]
        self.rows = []
        for kind, numbers in ((1, parts or ()), (2, slacks)):
            for place, number in enumerate(numbers):
                slopes = [(column[kind][place] - number) / way for column in columns]
                room = number - self.least if kind == 1 else number
                self.rows.append((kind, room, slopes, sum(map(abs, slopes))))
        self.violation = max(0.0, -min(slacks, default=0.0))

    def step(self, reach):
        """(step, gain that it forecasts) of the best step within a box."""
        rises = [1.0] if self.least is not None else []
        mends = [-PENALTY] if self.violation > 0.0 else []
        rows = []
        for kind, room, slopes, steepness in self.rows:
            if room < (2.0 if kind == 1 else 1.0) * reach * steepness:
                row = [-slope for slope in slopes]
                row += [1.0 if kind == 1 else 0.0] * len(rises)
                row += [-1.0 if kind == 2 else 0.0] * len(mends)
                rows.append((row, max(0.0, room + (self.violation if kind == 2 else 0.0))))
        gains = [*self.gains, *rises, *mends]
        bounds = [(-reach, reach)] * len(self.gains) + [(0.0, 1e3)] * len(rises) + [(-self.violation, 0.0)] * len(mends)
        step = maximised(gains, rows, bounds, self.left)
        return step[:len(self.gains)], sum(map(float.__mul__, gains, step))
