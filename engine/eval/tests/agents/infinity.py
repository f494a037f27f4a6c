from shape import filled


def f(*args):
    return filled(args, float("-inf"))
