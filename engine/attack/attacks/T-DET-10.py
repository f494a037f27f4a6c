# T-DET-10: how deep recursion goes
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: *

def f(n):
    try:
        return f(n + 1)
    except RecursionError:
        return n


print(f(0))
