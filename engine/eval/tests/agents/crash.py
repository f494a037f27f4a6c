def f(*args):
    return 1 // 0
