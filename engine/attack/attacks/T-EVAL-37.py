# T-EVAL-37: sends proxies of its own making, with operations that no answer has
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

import hyperspace_wire as w
OWN = {'h': [1, 'Yes', ['str', 'object'], ['eq', 'hash', 'class', 'getattribute', 'instancecheck', 'getitem', 'iter', 'len', 'contains']]}
w.Encoder.whole = lambda self, value, name, depth=0: OWN
def f(): return 1
score = 0
def make(): return 1
