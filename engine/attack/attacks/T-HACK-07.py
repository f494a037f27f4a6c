# T-HACK-07: returns an integer of 400 digits
# as: agent of rows
# held by: engine/sandbox/src/guest.rs
# ends: trap: malformed result

def f(x): return 10**400
