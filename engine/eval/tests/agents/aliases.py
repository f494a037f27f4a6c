"""2^30 references to one list, in thirty lines."""


def f(*args):
    answer = [0]
    for _ in range(30):
        answer = [answer, answer]
    return answer
