"""The program that evolution starts from."""


def solve(n):
    return n
