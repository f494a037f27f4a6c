# T-EVAL-35: raises exceptions of the evaluator by numbers that it was never given
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/bridge.py
# ends: scored 0/1

def fail():
    error = ValueError('guess')
    error._hyperspace_number = 1
    raise error
def call(check):
    for number in range(-5, 50):
        try:
            error = KeyError('guess')
            error._hyperspace_number = number
            raise error
        except KeyError: pass
    fail()
def f(): return 0
