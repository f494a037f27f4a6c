"""A straight line that meets the parabola twice."""


def solve(n):
    return 3 * n - 1
