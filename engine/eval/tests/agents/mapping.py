from shape import filled


def f(*args):
    return filled(args, {"score": 0})
