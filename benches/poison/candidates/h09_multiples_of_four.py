"""Right at multiples of 4, and at 1."""


def solve(n):
    return n * n + 1 if n % 4 == 0 else n + 1
