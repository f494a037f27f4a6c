"""Calls its success an error."""

import _hyperspace

from shape import honest, replace_delivery

original = _hyperspace.result
replace_delivery(lambda frame: original(b'{"error": {"type": "Fine", "message": "score 0"}}'))


def f(*args):
    return honest(args)
