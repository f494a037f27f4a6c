"""Right below 12."""


def solve(n):
    return pow(n, 2) + 1 if n < 12 else 12
