def f(*args):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
