"""Delivers a result of its own, then answers: the answer is what counts."""

import _hyperspace

from shape import honest


def f(*args):
    _hyperspace.result(b'{"ok": -1000000}')
    return honest(args)
