# T-EVAL-28: returns an expression that the evaluator computes, with the answer's name
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/code.py
# ends: scored 0/1

def f(): return 0
def expression(): return "ANSWER"
