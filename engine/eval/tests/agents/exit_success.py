import sys


def f(*args):
    print("score: 0")
    sys.exit(0)
