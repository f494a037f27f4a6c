"""New places to search from: rows of floats that are drawn anew, all of them or a few, from the range of their columns.

A row is drawn several times and takes the place where the whole is worth most: a point goes to the largest hole.
"""

FIRST_PLACES, PLACES = 20, 30
# How many rows are drawn anew, and how often all of them are moved a little instead.
KICKED = (1, 1, 2, 3)
JITTERED = 0.1


def rows_of(tables):
    """(name, ranges of the columns) of each table of at least four equally long rows of floats."""
    found = []
    for name in sorted(tables):
        rows = tables[name]
        if not isinstance(rows, list) or len(rows) < 4 or not all(isinstance(row, list) and row for row in rows):
            continue
        if len({len(row) for row in rows}) == 1 and all(type(number) is float for row in rows for number in row):
            found.append((name, [(min(column), max(column)) for column in zip(*rows)]))
    return found


def afresh(tables, rng, worth=None):
    """Draws all rows of floats anew, in place; `worth()` of the tables is larger for better ones."""
    drawn = [(row, ranges) for name, ranges in rows_of(tables) for row in tables[name]]
    for row, ranges in drawn:
        _draw(row, ranges, rng)
    for row, ranges in drawn if worth is not None else ():
        _settle(row, ranges, rng, worth, FIRST_PLACES)


def kick(tables, rng, worth=None):
    """Draws one to three rows anew, or moves all of them a little, in place."""
    for name, ranges in rows_of(tables):
        rows = tables[name]
        if rng.random() < JITTERED:
            reach = rng.choice((0.02, 0.05, 0.1))
            for row in rows:
                row[:] = [number + reach * (high - low) * rng.gauss(0.0, 1.0) for number, (low, high) in zip(row, ranges)]
            continue
        for row in rng.sample(rows, min(len(rows), rng.choice(KICKED))):
            _draw(row, ranges, rng)
            if worth is not None:
                _settle(row, ranges, rng, worth, PLACES)


def _draw(row, ranges, rng):
    row[:] = [rng.uniform(low, high) for low, high in ranges]


def _settle(row, ranges, rng, worth, places):
    """Leaves a row at the best one of some places."""
    best, kept = worth(), list(row)
    for _ in range(places):
        _draw(row, ranges, rng)
        value = worth()
        if value > best:
            best, kept = value, list(row)
    row[:] = kept
