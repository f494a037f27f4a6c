# T-CPU-17: loops in the hook for uncaught exceptions
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: out-of-fuel

import sys


def hook(*args):
    while True: pass


sys.excepthook = hook
raise ValueError
