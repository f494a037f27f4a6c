"""Brings a module `hyperspace` and a module `json` of its own (see the test): neither is what drives it."""

from shape import honest


def f(*args):
    return honest(args)
