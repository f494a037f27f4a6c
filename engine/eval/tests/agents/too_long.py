from shape import honest, kind


def f(*args):
    return honest(args) + [0] if kind(args) in ("packing", "circles") else [0, 0]
