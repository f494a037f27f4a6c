# T-HACK-13: delivers a result of its own and leaves
# as: agent of rows
# held by: engine/eval/src/evaluator.rs
# ends: exit: code 0 before an answer

import _hyperspace, os


def f(x):
    _hyperspace.result(b'{"ok": 3}')
    os._exit(0)
