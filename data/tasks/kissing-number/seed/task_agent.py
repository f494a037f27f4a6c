"""Directions of spheres around a sphere in 11 dimensions: two per axis, and sixteen per quadruple of axes.

Vectors of entries +-1 on four axes have the length 2, like those of one entry +-2. Two of different quadruples are far enough apart if
the quadruples share at most two axes. They are taken greedily, in the order of a rank.
"""

from itertools import combinations, product

DIMENSION = 11
WEIGHTS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def rank(axes):
    """The rank of a quadruple of axes; smaller ones are tried first, the first in lexicographic order of equals."""
    return sum(WEIGHTS[axis] for axis in axes)


def quadruples():
    """Quadruples of axes of which no two share more than two."""
    taken = []
    for axes in sorted(combinations(range(DIMENSION), 4), key=rank):
        if all(len(set(axes) & set(other)) <= 2 for other in taken):
            taken.append(axes)
    return taken


def vectors():
    """Returns a list of vectors."""
    found = []
    for axis in range(DIMENSION):
        for sign in (2, -2):
            found.append([sign if place == axis else 0 for place in range(DIMENSION)])
    for axes in quadruples():
        for signs in product((1, -1), repeat=4):
            vector = [0] * DIMENSION
            for axis, sign in zip(axes, signs):
                vector[axis] = sign
            found.append(vector)
    return found


def quality(found):
    """The number of vectors, 0 if two are too close; larger is better."""
    longest = max(sum(x * x for x in vector) for vector in found)
    for index, first in enumerate(found[:400:7]):
        for second in found[:7 * index]:
            if sum((x - y) * (x - y) for x, y in zip(first, second)) < longest:
                return 0.0
    return float(len(found))
