# T-EVAL-42: hands over more objects than there are numbers
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_wire.py
# ends: scored 0/1

import hyperspace_program as own
own.HANDLES_MAX = 1 << 60
class Box: pass
def make():
    return [Box() for _ in range(300_000)]
def f():
    return [Box() for _ in range(2_000_000)]
