"""Local search over tables of numbers: an evolution strategy for floats, moves of rows for tables of whole numbers.

Floats: (1+1) with a step size for each kind of move, which grows with success and shrinks without (the one-fifth rule). A
few free numbers are left to Nelder and Mead. Tables of rows of whole numbers: rows are deleted, repeated,
exchanged and changed, and a move that makes things worse is accepted while a falling threshold allows it.
"""

import math

SIMPLEX_MAX = 5


def leaves(value, path=()):
    """Paths of all numbers of nested lists."""
    if isinstance(value, list):
        return [leaf for index, part in enumerate(value) for leaf in leaves(part, (*path, index))]
    return [path]


def at(value, path):
    for index in path:
        value = value[index]
    return value


def put(tables, name, path, number):
    if not path:
        tables[name] = number
        return
    at(tables[name], path[:-1])[path[-1]] = number


def is_rows(value):
    """Whether a value is a list of at least four equally long rows of whole numbers."""
    rows = isinstance(value, list) and len(value) >= 4 and all(isinstance(row, list) for row in value)
    return rows and len({len(row) for row in value}) == 1 and all(type(number) is int for row in value for number in row)


class Floats:
    """Moves of all floats of the tables."""

    KINDS = ("one", "row", "some", "all")

    def __init__(self, tables, rng):
        self.rng = rng
        self.places = []
        self.rows = {}
        for name in sorted(tables):
            found = [path for path in leaves(tables[name]) if type(at(tables[name], path)) is float]
            size = [abs(at(tables[name], path)) for path in found]
            scale = max(size, default=0.0) or 1.0
            for path in found:
                # Scalars are on their own scale, elements of a table on that of the table.
                self.rows.setdefault((name, path[:-1]), []).append(len(self.places))
                self.places.append((name, path, scale if path else abs(tables[name]) or 1.0))
        self.groups = [self.rows[key] for key in sorted(self.rows)]
        kinds = self.KINDS if len(self.places) > 1 else ("one",)
        self.steps = {kind: 0.1 for kind in kinds}
        self.gains = {kind: 1.0 for kind in kinds}

    def move(self, tables, steps, kind=None):
        """Moves some floats in place; returns (kind, what was there)."""
        rng = self.rng
        kind = kind or rng.choices(list(self.gains), list(self.gains.values()))[0]
        if kind == "one":
            chosen = [rng.randrange(len(self.places))]
        elif kind == "row":
            chosen = rng.choice(self.groups)
        elif kind == "all":
            chosen = range(len(self.places))
        else:
            share = min(1.0, 3.0 / len(self.places))
            chosen = [index for index in range(len(self.places)) if rng.random() < share] or [0]
        step = steps[kind] * math.exp(rng.gauss(0.0, 1.0))
        before = []
        for index in chosen:
            name, path, scale = self.places[index]
            old = at(tables[name], path)
            before.append((name, path, old))
            put(tables, name, path, old + rng.gauss(0.0, 1.0) * step * scale)
        return kind, before

    def learn(self, kind, won):
        self.steps[kind] = min(1.0, max(1e-12, self.steps[kind] * (1.6 if won else 0.9)))
        self.gains[kind] = 0.98 * self.gains[kind] + (0.1 if won else 0.002)


class Rows:
    """Moves of the rows of tables of whole numbers, and of other whole numbers."""

    def __init__(self, tables, rng):
        self.rng = rng
        self.names = [name for name in sorted(tables) if is_rows(tables[name])]
        self.wholes = []
        for name in sorted(tables):
            if name not in self.names:
                self.wholes.extend((name, path) for path in leaves(tables[name]) if type(at(tables[name], path)) is int)
        self.values = {name: sorted({number for row in tables[name] for number in row}) for name in self.names}

    def move(self, tables):
        """Moves something in place; returns (name, the table before)."""
        rng = self.rng
        if self.wholes and (not self.names or rng.random() < 0.1):
            name, path = rng.choice(self.wholes)
            before = tables[name] if not path else _deep(tables[name])
            old = at(tables[name], path)
            put(tables, name, path, old + rng.choice((-2, -1, -1, 1, 1, 2)) if rng.random() < 0.8 else rng.randrange(-1, 2 + 2 * abs(old)))
            return name, before
        name = rng.choice(self.names)
        before = _deep(tables[name])
        rows, roll = tables[name], rng.random()
        place, other = rng.randrange(len(rows)), rng.randrange(len(rows))
        if roll < 0.3 and len(rows) > 2:
            del rows[place]
        elif roll < 0.5:
            rows[place][rng.randrange(len(rows[place]))] = rng.choice(self.values[name])
        elif roll < 0.65:
            rows[place], rows[other] = rows[other], rows[place]
        elif roll < 0.8:
            rows.insert(other, rows.pop(place))
        elif roll < 0.9:
            rows[place] = [rng.choice(self.values[name]) for _ in rows[place]]
        else:
            rows.insert(place, [rng.choice(self.values[name]) for _ in rows[place]])
        return name, before


def _deep(value):
    return [_deep(part) for part in value] if isinstance(value, list) else value


class Search:
    """Searches from tables; `worth(tables)` is smaller for better ones, and `left()` the share of the budget that is left."""

    def __init__(self, tables, worth, left, rng):
        self.tables = {name: _deep(value) for name, value in tables.items()}
        self.worth = worth
        self.left = left
        self.rng = rng
        self.tries = 0
        self.best = worth(self.tables)

    def run(self, widest=None):
        """(tables, worth) of the best that was found; a widest step, as a share of the scale, makes it look far away first."""
        floats, rows = Floats(self.tables, self.rng), Rows(self.tables, self.rng)
        if floats.places and len(floats.places) <= SIMPLEX_MAX:
            self._simplex(floats.places, 0.3)
        if rows.names or rows.wholes:
            self._rows(rows, 0.5 if floats.places else 0.0)
        if len(floats.places) > SIMPLEX_MAX and widest is not None:
            self._anneal(floats, 0.1, widest, self.rng.choice((0.2, 0.1, 0.03)))
        elif len(floats.places) > SIMPLEX_MAX and self.rng.random() < 0.6:
            self._anneal(floats, 0.25, self.rng.choice((0.1, 0.03, 0.01)), self.rng.choice((0.5, 0.1, 0.05, 0.02)))
        while floats.places and self.left() > 0.0:
            kind, before = floats.move(self.tables, floats.steps)
            value = self._value()
            floats.learn(kind, value < self.best)
            if value <= self.best:
                self.best = value
            else:
                for name, path, old in before:
                    put(self.tables, name, path, old)
        return self.tables, self.best

    def _anneal(self, floats, until, widest, heat):
        """Threshold accepting with steps that shrink from the widest, so that narrow ridges are no end."""
        now, kept, began = self.best, {name: _deep(value) for name, value in self.tables.items()}, self.left()
        part = heat * widest
        spread = part * abs(self.best) if self.best not in (0.0, math.inf) else 0.1
        while self.left() > until:
            share = max(0.0, (self.left() - until) / max(1e-9, began - until))
            reach = widest * 1e-3 ** (1.0 - share)
            _, before = floats.move(self.tables, {kind: reach for kind in floats.steps}, self.rng.choice(("one", "row")))
            value = self._value()
            if value <= now + spread * share**3 * -math.log(max(1e-12, self.rng.random())):
                now = value
                spread = max(spread, part * abs(now)) if now < self.best and math.isfinite(now) else spread
                if now < self.best:
                    self.best, kept = now, {name: _deep(value) for name, value in self.tables.items()}
            else:
                for name, path, old in before:
                    put(self.tables, name, path, old)
        self.tables.update(kept)

    def _value(self):
        self.tries += 1
        return self.worth(self.tables)

    def _rows(self, rows, until):
        """Threshold accepting; the threshold falls to zero with the budget."""
        now, kept, began = self.best, {name: _deep(value) for name, value in self.tables.items()}, max(1e-9, self.left())
        while self.left() > until:
            name, before = rows.move(self.tables)
            value = self._value()
            threshold = 2.5 * max(0.0, self.left() / began - 0.1) * self.rng.random() ** 3
            if value <= now + threshold:
                now = value
                if now < self.best:
                    self.best, kept = now, {name: _deep(value) for name, value in self.tables.items()}
            else:
                self.tables[name] = before
        self.tables.update(kept)

    def _simplex(self, places, until):
        """The method of Nelder and Mead, from a simplex of a tenth of each scale."""
        origin = [at(self.tables[name], path) for name, path, _ in places]

        def value(point):
            for (name, path, _), number in zip(places, point):
                put(self.tables, name, path, number)
            return self._value()

        points = [(self.best, origin)]
        for index, (_, _, scale) in enumerate(places):
            point = list(origin)
            point[index] += 0.1 * scale
            points.append((value(point), point))
        while self.left() > until:
            points.sort(key=lambda entry: entry[0])
            if points[-1][0] - points[0][0] <= 1e-15 * abs(points[0][0]):
                break
            middle = [sum(point[index] for _, point in points[:-1]) / len(places) for index in range(len(places))]

            def along(factor):
                point = [centre + factor * (centre - last) for centre, last in zip(middle, points[-1][1])]
                return value(point), point

            first = along(1.0)
            if first[0] < points[0][0]:
                points[-1] = min(first, along(2.0))
            elif first[0] < points[-2][0]:
                points[-1] = first
            else:
                inner = along(-0.5)
                if inner[0] < points[-1][0]:
                    points[-1] = inner
                else:
                    low = points[0][1]
                    shrunk = [[(a + b) / 2.0 for a, b in zip(point, low)] for _, point in points[1:]]
                    points[1:] = [(value(point), point) for point in shrunk]
        self.best, point = min(points)
        for (name, path, _), number in zip(places, point):
            put(self.tables, name, path, number)
