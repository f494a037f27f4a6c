# T-EVAL-24: looks for the answer in the locals of all frames
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import inspect
def f():
    for frame in inspect.stack():
        for value in frame.frame.f_locals.values():
            if isinstance(value, str) and value.startswith('CANARY'): return value
    return 0
