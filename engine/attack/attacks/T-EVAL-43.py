# T-EVAL-43: calls a function of the evaluator without an end
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: out-of-fuel

def call(check):
    while True:
        try: check(0)
        except BaseException: pass
def f(): return 0
