"""Takes the place of the functions that will drive it, and does nothing there."""

import hyperspace.drive

from shape import honest

hyperspace.drive.each = hyperspace.drive.episode = lambda *args: None


def f(*args):
    return honest(args)
