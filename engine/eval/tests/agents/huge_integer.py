"""An integer that no double holds: 401 digits."""

from shape import filled


def f(*args):
    return filled(args, 10**400)
