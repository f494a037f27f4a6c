"""Nested deeper than the host reads."""


def f(*args):
    answer = 0
    for _ in range(500):
        answer = [answer]
    return answer
