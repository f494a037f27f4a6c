def f(*args):
    return f(*args)
