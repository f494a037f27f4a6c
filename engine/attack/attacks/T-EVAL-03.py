# T-EVAL-03: looks for the answer among all objects
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import gc
def f():
    for o in gc.get_objects():
        if isinstance(o, dict) and 'ANSWER' in o: return o['ANSWER']
