import os


def f(*args):
    os.abort()
