"""An answer of 1.2 MB."""


def f(*args):
    return "x" * 1_200_000
