"""Tries to start anew before every answer, and to make steps that it was not asked for while it is imported."""

import hyperspace

from shape import honest


def attempt(operation, **params):
    try:
        hyperspace.call(operation, **params)
    except hyperspace.HyperspaceError:
        return
    raise AssertionError(f"{operation} was answered")


attempt("env.step", value=[0])
attempt("env.step")
attempt("env.score")
attempt("log", message="x")


def f(*args):
    attempt("env.reset")
    return honest(args)
