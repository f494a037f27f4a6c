"""Sorts 11 values with comparators: odd-even transposition, 11 layers of neighbours."""

COMPARATORS = [
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10],
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10],
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10],
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10],
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10],
    [0, 1], [2, 3], [4, 5], [6, 7], [8, 9],
]


def network(n):
    """Returns the pairs [i, j] of wires with i < j; the smaller value goes to wire i."""
    return [[min(i, j), max(i, j)] for i, j in COMPARATORS if i != j]


def quality(comparators):
    """The number of comparators, and a penalty for every sequence of zeros and ones that they do not sort; smaller is better."""
    wires = list(PATTERNS)
    for i, j in comparators:
        wires[i], wires[j] = wires[i] & wires[j], wires[i] | wires[j]
    wrong = 0
    for low, high in zip(wires, wires[1:]):
        wrong |= low & ~high
    return len(comparators) + (10.0 + wrong.bit_count() if wrong else 0.0)


def pattern(wire, n):
    """Bit k of the result is bit `wire` of k, for k below 2 ** n."""
    period = ((1 << (1 << wire)) - 1) << (1 << wire)
    while period.bit_length() < 1 << n:
        period |= period << (period.bit_length())
    return period


PATTERNS = [pattern(wire, 11) for wire in range(11)]
