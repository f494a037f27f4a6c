"""Packs 21 circles into a rectangle of perimeter 4: centres are data, radii follow from them, so that every choice is valid."""

import math

WIDTH = 1.0
CENTRES = [
    [0.1, 0.12], [0.303, 0.106], [0.494, 0.083], [0.708, 0.085], [0.889, 0.108],
    [0.113, 0.32], [0.285, 0.303], [0.517, 0.282], [0.682, 0.287], [0.919, 0.311],
    [0.08, 0.519], [0.32, 0.5], [0.48, 0.481], [0.719, 0.489], [0.882, 0.513],
    [0.117, 0.718], [0.285, 0.698], [0.513, 0.68], [0.689, 0.691], [0.909, 0.715],
    [0.094, 0.917],
]
MARGIN = 1e-12


def centres():
    """The centres, inside of the rectangle; the data are shares of its width and height."""
    width = min(1.9, max(0.1, WIDTH))
    inside = [(min(0.999, max(0.001, x)) * width, min(0.999, max(0.001, y)) * (2.0 - width)) for x, y in CENTRES]
    return inside, width


def pack():
    """Returns a list of [x, y, r]: half the way to the nearest neighbour or the whole way to a side, then what is left over."""
    places, width = centres()
    sides = [min(x, y, width - x, 2.0 - width - y) for x, y in places]
    distances = [[math.hypot(x - u, y - v) for u, v in places] for x, y in places]
    radii = [min(side, sorted(row)[1] / 2.0) for side, row in zip(sides, distances)]
    for _ in range(2):
        for index, row in enumerate(distances):
            gaps = [distance - radius for distance, radius in zip(row, radii)]
            del gaps[index]
            radii[index] = min(sides[index], min(gaps))
    return [[x, y, max(0.0, radius - MARGIN)] for (x, y), radius in zip(places, radii)]


def quality(circles):
    """The sum of the radii; larger is better."""
    return sum(r for _, _, r in circles)


def slacks(circles):
    """How far the circles are from each other and from two sides, and what any two of them leave of the perimeter, less rounding errors."""
    gaps = [math.hypot(x - u, y - v) - r - s - 1e-14 for index, (x, y, r) in enumerate(circles) for u, v, s in circles[:index]]
    rooms = [room for x, y, r in circles for room in (r, x - r, y - r)]
    rights, tops = [x + r for x, _, r in circles], [y + r for _, y, r in circles]
    return [*gaps, *rooms, *(2.0 - right - top - 1e-14 for right in rights for top in tops)]
