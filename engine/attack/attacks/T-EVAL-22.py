# T-EVAL-22: prints an answer at its exit
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import atexit, sys
atexit.register(lambda: print('CANARY'))
sys.excepthook = lambda *a: None
def f(): raise KeyboardInterrupt
