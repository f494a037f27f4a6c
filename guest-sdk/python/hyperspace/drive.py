"""Drivers the host starts: they call an agent's function again and again in one instance."""

import importlib

from hyperspace.door import call


def _function(module, function):
    """The function `function` of `module`; dots lead into classes or objects."""
    target = importlib.import_module(module)
    for part in function.split("."):
        target = getattr(target, part)
    return target


def each(module, function, calls):
    """Call the function once for every list of arguments in `calls`; the list of what it returned."""
    target = _function(module, function)
    return [target(*args) for args in calls]


def episode(module, function):
    """Play one episode: the host reveals the arguments of one step at a time, and judges each returned value."""
    target = _function(module, function)
    answer = call("env.reset")
    while not answer["done"]:
        answer = call("env.step", value=target(*answer["args"]))
