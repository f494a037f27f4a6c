def f(*args):
    return len(bytearray(1 << 30))
