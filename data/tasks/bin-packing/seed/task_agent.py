"""Chooses a bin for every item as it arrives: first fit, written as a table over the space that would be left."""

from bisect import bisect_left

EDGES = [0, 1, 2, 4, 6, 9, 12, 16, 20, 30, 50, 80]
WORTH = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


def priority(item, bins):
    """Returns one number per bin; the item goes into the bin with the largest one, the first of equals.

    `bins` lists the remaining capacities of the open bins that the item fits into, in order of opening, and last of
    a fresh bin. WORTH[i] is what a bin is worth in which at most EDGES[i] would be left.
    """
    return [WORTH[bisect_left(EDGES, space - item)] for space in bins]
