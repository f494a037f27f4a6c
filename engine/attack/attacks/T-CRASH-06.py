# T-CRASH-06: a code object of random bytes
# held by: engine/sandbox/src/call.rs
# ends: trap: out of bounds memory access

import random


def f(): pass


f.__code__ = f.__code__.replace(co_code=random.Random(1).randbytes(400))
f()
