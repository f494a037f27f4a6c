"""The program that evolution starts from."""


def solve(f):
    return 1.0 * f - 10.0
