# T-STACK-01: a function that calls itself
# held by: engine/sandbox/src/engine.rs
# limits: fuel=3_000_000_000
# ends: exception RecursionError

def f(): f()
f()
