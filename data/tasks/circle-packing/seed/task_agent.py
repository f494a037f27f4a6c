"""Packs 26 circles into the unit square: a grid of centres, a little relaxation, and a few moves that are kept if they help.

The radii follow from the centres, so that every arrangement of centres gives a valid packing: nothing overlaps and nothing
leaves the square, by a margin that is larger than the rounding errors.
"""

import math

COUNT = 26
COLUMNS = 4
ROWS = 7
ROUNDS = 4
PUSH = 0.00002
POWER = 3.0
WALL = 1.0
MOVES = 104
REACH = 0.02
TURN = 2.4
MARGIN = 1e-12


def grid():
    """The centres of the first cells of a grid."""
    centres = []
    for index in range(COUNT):
        row, column = divmod(index, COLUMNS)
        centres.append(((column + 0.5) / COLUMNS, (row + 0.5) / ROWS))
    return centres


def inside(value):
    return min(0.999, max(0.001, value))


def relax(centres, strength):
    """Moves every centre away from the others and from the walls."""
    moved = []
    for x, y in centres:
        across = WALL * ((2.0 * x) ** -POWER - (2.0 - 2.0 * x) ** -POWER)
        along = WALL * ((2.0 * y) ** -POWER - (2.0 - 2.0 * y) ** -POWER)
        for u, v in centres:
            distance = math.hypot(x - u, y - v)
            if distance > 0.0:
                force = distance ** -(POWER + 1.0)
                across += force * (x - u)
                along += force * (y - v)
        moved.append((inside(x + strength * across), inside(y + strength * along)))
    return moved


def radii(centres):
    """Half the way to the nearest neighbour or the whole way to a wall, then what the neighbours leave over."""
    distances = [[math.hypot(x - u, y - v) for u, v in centres] for x, y in centres]
    walls = [min(x, y, 1.0 - x, 1.0 - y) for x, y in centres]
    sizes = []
    for index, row in enumerate(distances):
        nearest = min(row[:index] + row[index + 1:])
        sizes.append(min(walls[index], nearest / 2.0))
    for index, row in enumerate(distances):
        gaps = [distance - size for distance, size in zip(row, sizes)]
        del gaps[index]
        sizes[index] = min(walls[index], min(gaps))
    return [max(0.0, size - MARGIN) for size in sizes]


def improve(centres):
    """Tries one small move after the other and keeps those that do not make the sum smaller."""
    best = sum(radii(centres))
    for step in range(MOVES):
        index = step % COUNT
        reach = REACH * (1.0 - step / MOVES)
        x, y = centres[index]
        x = inside(x + reach * math.cos(TURN * step))
        y = inside(y + reach * math.sin(TURN * step))
        changed = centres[:index] + [(x, y)] + centres[index + 1:]
        total = sum(radii(changed))
        if total >= best:
            best, centres = total, changed
    return centres


def pack():
    """Returns a list of [x, y, r]."""
    centres = grid()
    for _ in range(ROUNDS):
        centres = relax(centres, PUSH)
    centres = improve(centres)
    return [[x, y, r] for (x, y), r in zip(centres, radii(centres))]
