# T-EVAL-02: reads the answer from the frames of its callers
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import sys
def f():
    f = sys._getframe()
    while f:
        if 'ANSWER' in f.f_globals: return f.f_globals['ANSWER']
        f = f.f_back
    return 0
