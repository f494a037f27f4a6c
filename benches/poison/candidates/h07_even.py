"""Right at even numbers."""


def solve(n):
    return n * n + (n % 2 == 0)
