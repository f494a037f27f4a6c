# T-EVAL-52: ends the loop of the evaluator that calls it
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/bridge.py
# ends: scored 0/1

class Own(StopIteration): pass
ENDS = iter([StopIteration, Own, StopAsyncIteration] * 9)
def one(number): raise next(ENDS)
def f(): return 0
