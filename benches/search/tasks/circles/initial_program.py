"""Packs seven circles into the unit square: the centres are given, the radii follow from them."""

import math

# EVOLVE-BLOCK-START
CENTRES = [0.2, 0.2, 0.5, 0.2, 0.8, 0.2, 0.2, 0.5, 0.5, 0.5, 0.8, 0.5, 0.2, 0.8]
# EVOLVE-BLOCK-END


def radii(centres):
    """Half the way to the nearest neighbour or the whole way to a wall, then what the neighbours leave over."""
    walls = [min(x, y, 1.0 - x, 1.0 - y) for x, y in centres]
    distances = [[math.hypot(x - u, y - v) for u, v in centres] for x, y in centres]
    sizes = []
    for index, row in enumerate(distances):
        sizes.append(min(walls[index], min(row[:index] + row[index + 1:]) / 2.0))
    for index, row in enumerate(distances):
        gaps = [distance - size for distance, size in zip(row, sizes)]
        sizes[index] = min(walls[index], min(gaps[:index] + gaps[index + 1:]))
    return [max(0.0, size - 1e-12) for size in sizes]


def pack():
    """Returns a list of [x, y, r]."""
    centres = list(zip(CENTRES[::2], CENTRES[1::2]))
    return [[x, y, r] for (x, y), r in zip(centres, radii(centres))]
