# T-EVAL-04: ends its process with success before the check
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

import os
def f():
    os._exit(0)
