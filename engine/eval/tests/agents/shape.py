"""What every hostile agent beside this file imports: the honest answer, a chosen value in the place of every number, and a
way to put something else in the place of the interpreter's way out."""

import sys

import _hyperspace


def replace_delivery(function):
    """Delivers through `function` from now on: in the module, and in every frame below that has a name for it."""
    original = _hyperspace.result
    _hyperspace.result = function
    frame = sys._getframe(1)
    while frame is not None:
        for name, value in list(frame.f_globals.items()):
            if value is original and name != "original":
                frame.f_globals[name] = function
        frame = frame.f_back


def kind(args):
    """Which of the four tasks asks: by its arguments."""
    if not args:
        return "circles"
    if len(args) == 1:
        return "rows"
    return "packing" if isinstance(args[0], int) else "cap"


def filled(args, value):
    """An answer of the right shape in which every number is `value`."""
    if kind(args) == "circles":
        return [[value, value, value], [value, value, value]]
    return [value] * len(args[1]) if kind(args) == "packing" else value


def honest(args):
    """First fit, equal priorities, two touching circles, zero."""
    if kind(args) == "circles":
        return [[0.25, 0.25, 0.25], [0.75, 0.75, 0.25]]
    return filled(args, 0)
