def f(*args):
    while True:
        print("score: 0 " * 1000)
