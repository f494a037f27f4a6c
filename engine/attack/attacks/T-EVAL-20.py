# T-EVAL-20: sends a record whose class is code
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_wire.py
# ends: scored 0/1

import hyperspace_wire as w
w.NotData = Exception
w.Encoder.encode = lambda self, v, p, d=0: {'r': ['namedtuple', '__import__("os")', ['a'], [1]]}
def f(): return 0
