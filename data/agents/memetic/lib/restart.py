"""New places to search from: rows of floats that are drawn anew, all of them or a few, from the range of their columns."""


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


def afresh(tables, rng):
    """Draws all rows of floats anew, in place."""
    for name, ranges in rows_of(tables):
        for row in tables[name]:
            row[:] = [rng.uniform(low, high) for low, high in ranges]


def kick(tables, rng):
    """Draws one to three rows anew, or moves all of them a little, in place."""
    for name, ranges in rows_of(tables):
        rows = tables[name]
        if rng.random() < 0.7:
            for row in rng.sample(rows, min(len(rows), rng.choice((1, 1, 2, 3)))):
                row[:] = [rng.uniform(low, high) for low, high in ranges]
        else:
            reach = rng.choice((0.02, 0.05, 0.1))
            for row in rows:
                row[:] = [number + reach * (high - low) * rng.gauss(0.0, 1.0) for number, (low, high) in zip(row, ranges)]
