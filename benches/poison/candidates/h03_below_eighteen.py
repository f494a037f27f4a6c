"""Right below 18."""


def solve(n):
    return n * n + 1 if n < 18 else n
