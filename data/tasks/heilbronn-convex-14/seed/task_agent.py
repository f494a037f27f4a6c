"""Places 14 points so that no three span a small triangle, compared with their convex hull."""

POINTS = [
    [0.342, -0.765], [-0.33, 0.549], [0.944, 0.608], [0.974, 0.982],
    [0.419, -0.889], [-0.767, 0.497], [0.379, -0.525], [-0.942, 0.438],
    [0.157, 0.898], [0.687, -0.298], [-0.485, -0.469], [-0.923, -0.651],
    [-0.283, -0.797], [0.368, 0.97],
]


def points():
    """Returns a list of [x, y]."""
    return [[x, y] for x, y in POINTS]


def chain(ordered):
    """Half of the convex hull of points in order."""
    kept = []
    for x, y in ordered:
        while len(kept) > 1 and (kept[-1][0] - kept[-2][0]) * (y - kept[-2][1]) <= (x - kept[-2][0]) * (kept[-1][1] - kept[-2][1]):
            kept.pop()
        kept.append((x, y))
    return kept


def quality(placed):
    """The smallest area of three points relative to the convex hull; larger is better."""
    ordered = sorted(map(tuple, placed))
    hull = chain(ordered)[:-1] + chain(ordered[::-1])[:-1]
    whole = sum(x * v - u * y for (x, y), (u, v) in zip(hull, hull[1:] + hull[:1]))
    smallest = whole
    for i, (x, y) in enumerate(placed):
        moved = [(u - x, v - y) for u, v in placed[i + 1:]]
        for j, (a, b) in enumerate(moved):
            for c, d in moved[j + 1:]:
                area = abs(a * d - b * c)
                if area < smallest:
                    smallest = area
    return smallest / whole if whole > 0.0 else 0.0


def parts(placed):
    """The areas of which the quality is the smallest."""
    ordered = sorted(map(tuple, placed))
    hull = chain(ordered)[:-1] + chain(ordered[::-1])[:-1]
    whole = sum(x * v - u * y for (x, y), (u, v) in zip(hull, hull[1:] + hull[:1]))
    areas = []
    for i, (x, y) in enumerate(placed):
        moved = [(u - x, v - y) for u, v in placed[i + 1:]]
        for j, (a, b) in enumerate(moved):
            areas += [abs(a * d - b * c) / whole for c, d in moved[j + 1:]]
    return areas
