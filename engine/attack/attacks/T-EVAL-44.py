# T-EVAL-44: works on after every alarm and catches what it raises
# as: agent of evaluator
# held by: guest-sdk/bridge/hyperspace_evaluator/tasks.py
# ends: scored 0/1

def slow():
    while True:
        try:
            while True: pass
        except BaseException: pass
def f(): return 0
