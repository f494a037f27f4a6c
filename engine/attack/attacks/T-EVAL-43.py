# T-EVAL-43: calls a function of the evaluator without an end
# as: agent of evaluator
# held by: engine/eval/src/python/evaluator_door.rs
# ends: scored 0/1

def call(check):
    while True:
        # Its own part is the larger one, so that it is the program that ends, whatever a call costs.
        sum(range(20_000))
        try: check(0)
        except BaseException: pass
def f(): return 0
