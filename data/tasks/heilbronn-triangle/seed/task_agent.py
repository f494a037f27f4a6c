"""Places 11 points in the triangle of (0, 0), (1, 0) and (0, 1) so that no three span a small triangle."""

POINTS = [
    [0.318, 0.289], [0.025, 0.738], [0.412, 0.566], [0.36, 0.203],
    [0.046, 0.468], [0.068, 0.38], [0.451, 0.374], [0.321, 0.068],
    [0.928, 0.005], [0.173, 0.741], [0.24, 0.573],
]
GRID = 2.0**40


def points():
    """Returns a list of [x, y]. Coordinates are multiples of 2**-40, so that none leaves the triangle by rounding."""
    placed = []
    for x, y in POINTS:
        x = round(min(1.0, max(0.0, x)) * GRID) / GRID
        y = round(min(1.0 - x, max(0.0, y)) * GRID) / GRID
        placed.append([x, y])
    return placed


def quality(placed):
    """The smallest area of three points relative to the triangle, -1 if a point is outside; larger is better."""
    if any(min(x, y) < 0.0 or max(x, y) - 1.0 + min(x, y) > 0.0 for x, y in placed):
        return -1.0
    smallest = 1.0
    for i, (x, y) in enumerate(placed):
        moved = [(u - x, v - y) for u, v in placed[i + 1:]]
        for j, (a, b) in enumerate(moved):
            for c, d in moved[j + 1:]:
                area = abs(a * d - b * c)
                if area < smallest:
                    smallest = area
    return smallest


def parts(placed):
    """The areas of which the quality is the smallest, for points that are not outside."""
    areas = []
    for i, (x, y) in enumerate(placed):
        moved = [(u - x, v - y) for u, v in placed[i + 1:]]
        for j, (a, b) in enumerate(moved):
            areas += [abs(a * d - b * c) for c, d in moved[j + 1:]]
    return areas


def slacks(placed):
    """How far the points are from the sides, below zero if they are outside."""
    return [room for x, y in placed for room in (x, y, 1.0 - max(x, y) - min(x, y))]
