# T-EVAL-38: sends objects whose numbers are none
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/proxies.py
# ends: scored 0/1

import hyperspace_wire as w
NUMBERS = iter([-1, 1 << 80, 'CANARY', None, [], {'i': '0x1'}, True, 1.5] * 9)
w.Encoder.whole = lambda self, value, name, depth=0: {'h': [next(NUMBERS, 0), 'a', ['b'], ['eq']]}
def f(): return 1
score = 0
def make(): return 1
