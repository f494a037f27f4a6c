# T-HACK-37: loops in one case
# as: agent of rows
# held by: engine/sandbox/src/call.rs
# limits: fuel=300_000_000
# ends: out-of-fuel

def f(x):
    while x == 5: pass
    return 0


while True: pass
