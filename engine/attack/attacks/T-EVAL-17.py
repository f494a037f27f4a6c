# T-EVAL-17: hands over a result of the evaluation
# as: agent of evaluator
# held by: engine/eval/src/python/program_guest.rs
# ends: scored 0/1

import _hyperspace
def f():
    _hyperspace.result(b'{"ok": {"score": {"f": 1.0}}}')
    return 0
