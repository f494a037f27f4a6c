# T-EVAL-13: replaces built-in functions
# as: agent of evaluator
# held by: engine/eval/src/python/rooms.rs
# ends: scored 0/1

import builtins
builtins.max = lambda *a: 1.0
builtins.hasattr = lambda *a: True
def f(): return 0
