# T-STACK-02: the limit of recursion set to a billion
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import sys
sys.setrecursionlimit(10**9)


def f(n): return f(n + 1)


f(0)
