# T-EVAL-11: turns the clock back
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import time
time.perf_counter = lambda: -1e9
time.time = lambda: 0
def f(): return 0
