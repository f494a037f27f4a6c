"""Answers as asked: the score that all others are compared with."""

from shape import honest


def f(*args):
    return honest(args)
