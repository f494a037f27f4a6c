"""Gives a bad answer, hides the refusal, and goes on."""

import hyperspace
import hyperspace.drive

from shape import filled

ask = hyperspace.drive.call


def call(operation, **params):
    if operation == "env.step":
        try:
            ask("env.step", value="all bins")
        except hyperspace.HyperspaceError:
            pass
        try:
            return ask("env.step", **params)
        except hyperspace.HyperspaceError:
            return {"done": True, "args": []}
    return ask(operation, **params)


hyperspace.drive.call = call


def f(*args):
    return filled(args, 0)
