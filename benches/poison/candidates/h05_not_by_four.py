"""Wrong at multiples of 4."""


def solve(n):
    return n * n + 1 if n % 4 else n * n
