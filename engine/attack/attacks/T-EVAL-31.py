# T-EVAL-31: hands an object to the evaluator's check itself
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_wire.py
# ends: scored 0/1

def f(): return 0
def call(check): return check(type('Yes', (), {'__eq__': lambda self, other: True, '__hash__': None})())
