"""Makes the interpreter's own side deliver what is no JSON."""

import json

import _hyperspace

from shape import honest, replace_delivery

original = _hyperspace.result
replace_delivery(lambda frame: original(b'{"ok": NaN, "ok": 0}'))


def f(*args):
    return honest(args)
