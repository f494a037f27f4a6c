# T-EVAL-05: exits with success in the function
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

import sys
def f():
    sys.exit(0)
