# T-CRASH-05: byte code that pops an empty stack
# held by: engine/sandbox/src/call.rs
# ends: trap: out of bounds memory access

import dis


def f(): pass


f.__code__ = f.__code__.replace(co_code=bytes([dis.opmap["POP_TOP"], 0] * 4000 + [dis.opmap["RETURN_VALUE"], 0]))
f()
