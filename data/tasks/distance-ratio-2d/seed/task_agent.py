"""Places 16 points in two dimensions so that their largest and smallest distances are as equal as possible."""

POINTS = [
    [0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 3.0],
    [1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0],
    [2.0, 0.0], [2.0, 1.0], [2.0, 2.0], [2.0, 3.0],
    [3.0, 0.0], [3.0, 1.0], [3.0, 2.0], [3.0, 3.0],
]


def points():
    """Returns a list of points."""
    return [list(point) for point in POINTS]


def quality(placed):
    """The square of the largest distance over that of the smallest one; smaller is better."""
    smallest, largest = 1e300, 0.0
    for i, (x, y) in enumerate(placed):
        for u, v in placed[i + 1:]:
            square = (x - u) * (x - u) + (y - v) * (y - v)
            if square < smallest:
                smallest = square
            if square > largest:
                largest = square
    return largest / smallest if smallest > 0.0 else 1e300
