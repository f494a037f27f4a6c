"""Packs 11 regular hexagons of side 1 into a small one: places of a honeycomb, a little apart."""

import math

PLACES = [
    [0.0000, 0.0000, 0.0], [0.0000, -1.7494, 0.0], [0.0000, 1.7494, 0.0],
    [1.5150, -0.8747, 0.0], [-1.5150, -0.8747, 0.0], [1.5150, 0.8747, 0.0],
    [-1.5150, 0.8747, 0.0], [1.5150, -2.6241, 0.0], [-1.5150, -2.6241, 0.0],
    [3.0300, 0.0000, 0.0], [-3.0300, 0.0000, 0.0],
]
ROOT = math.sqrt(3.0)
REPAIRS = 60


def pack():
    """Returns a list of [x, y, angle]: centre, and direction of a corner. What overlaps is moved apart."""
    placed = [[x, y, math.fmod(angle, math.pi / 3.0)] for x, y, angle in PLACES]
    for _ in range(REPAIRS):
        overlap = 0.0
        for i, first in enumerate(placed):
            for second in placed[:i]:
                depth, nx, ny = overlap_of(first, second)
                if depth > -1e-12:
                    overlap = max(overlap, depth + 1e-9)
                    push = depth / 2.0 + 1e-9
                    first[0] -= nx * push
                    first[1] -= ny * push
                    second[0] += nx * push
                    second[1] += ny * push
        if overlap == 0.0:
            return placed
    # Too many repairs are needed: a row, which is valid and bad.
    return [[3.0 * index, 0.0, 0.0] for index in range(len(PLACES))]


def reach(angle):
    """How far a hexagon reaches in a direction, relative to that of a corner."""
    return math.cos((angle + math.pi / 6.0) % (math.pi / 3.0) - math.pi / 6.0)


def overlap_of(first, second):
    """(depth, x, y): the least overlap along a normal of one of both, below zero if they are apart, and the normal towards the second."""
    dx, dy = second[0] - first[0], second[1] - first[1]
    if dx * dx + dy * dy >= 4.0:
        return -1.0, 1.0, 0.0
    wide = ROOT / 2.0 + reach(second[2] - first[2] - math.pi / 6.0)
    least = (9.0, 1.0, 0.0)
    for angle in (first[2], second[2]):
        for turn in range(6):
            normal = angle + math.pi / 6.0 + turn * math.pi / 3.0
            x, y = math.cos(normal), math.sin(normal)
            depth = wide - (dx * x + dy * y)
            if depth < least[0]:
                least = (depth, x, y)
    return least


def quality(placed):
    """The side of the surrounding hexagon, with its centre at the origin and a corner on the x axis, 99 with overlaps; smaller is better."""
    if any(overlap_of(first, second)[0] > -1e-12 for i, first in enumerate(placed) for second in placed[:i]):
        return 99.0
    widest = 0.0
    for x, y, angle in placed:
        for turn in range(3):
            normal = math.pi / 6.0 + turn * math.pi / 3.0
            along = abs(x * math.cos(normal) + y * math.sin(normal)) + reach(normal - angle)
            widest = max(widest, along)
    return widest * 2.0 / ROOT
