import sys


def f(*args):
    sys.exit(77)
