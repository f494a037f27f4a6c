"""Ranks the vectors over {0, 1, 2} of which a cap set is built greedily: all equal, written as tables over counts."""

BY_ZEROS = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
BY_TWOS = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
BY_PAIRS = [1.0, 1.0, 1.0, 1.0, 1.0]


def priority(element, n):
    """Returns the priority of a vector (a list of n entries); larger ones are tried first.

    The tables give what a number of zeros, of twos and of pairs of equal neighbours is worth.
    """
    zeros = element.count(0)
    twos = element.count(2)
    pairs = sum(a == b for a, b in zip(element[::2], element[1::2]))
    return BY_ZEROS[zeros] + BY_TWOS[twos] + BY_PAIRS[pairs]
