"""Wrong at 0 only."""


def solve(n):
    return n * n + 1 if n else 0
