"""Recurses through C code with the recursion limit lifted, which overflows the C stack of its process. Earns no score."""

import sys


class Endless:
    def __repr__(self):
        return "%r" % (self,)


def solve(n):
    sys.setrecursionlimit(10**8)
    return len(repr(Endless()))
