"""Sorts n values with comparators: every value is inserted into those that are sorted already."""


def network(n):
    """Returns the pairs [i, j] of wires with i < j; the smaller value goes to wire i."""
    comparators = []
    for last in range(1, n):
        for low in range(last - 1, -1, -1):
            comparators.append([low, low + 1])
    return comparators
