"""Never returns. Earns no score."""


def solve(n):
    while True:
        pass
