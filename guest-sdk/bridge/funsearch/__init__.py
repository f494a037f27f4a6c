"""The decorators of FunSearch's specifications, which mark functions and change nothing."""


def run(function):
    """Mark the function that measures."""
    return function


def evolve(function):
    """Mark the function that is evolved."""
    return function
