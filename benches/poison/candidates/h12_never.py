"""Never right."""


def solve(n):
    return n * n
