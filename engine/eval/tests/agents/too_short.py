from shape import filled, kind


def f(*args):
    return [] if kind(args) == "rows" else filled(args, 0)[:-1]
