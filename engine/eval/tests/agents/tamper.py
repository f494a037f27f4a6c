"""Patches what a careless grader would use, then answers honestly."""

import builtins
import json
import random
import time

from shape import honest

builtins.abs = lambda value: 0
builtins.sum = lambda *values: 0
builtins.sorted = lambda *values, **options: []
json.loads, loads = (lambda text, **options: loads(text)), json.loads
random.random = lambda: 0.0
time.time = lambda: 0.0


def f(*args):
    return honest(args)
