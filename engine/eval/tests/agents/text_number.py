"""A text that calls itself a number."""

from shape import filled


class Number(str):
    def __float__(self):
        return 0.0

    def __index__(self):
        return 0


def f(*args):
    return filled(args, Number("0"))
