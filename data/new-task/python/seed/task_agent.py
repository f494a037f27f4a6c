"""The program that evolution starts from."""


def solve(x):
    return x
