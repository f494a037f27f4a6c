# T-CRASH-04: byte code that loads a constant from far outside
# held by: engine/sandbox/src/call.rs
# ends: trap: out of bounds memory access

import dis


def f(): pass


code = [dis.opmap["EXTENDED_ARG"], 7] + [dis.opmap["EXTENDED_ARG"], 255] * 2
code += [dis.opmap["LOAD_CONST"], 255, dis.opmap["RETURN_VALUE"], 0]
f.__code__ = f.__code__.replace(co_code=bytes(code))
f()
