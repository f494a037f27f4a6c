# T-HACK-14: delivers a result of its own before the real one
# as: agent of rows
# held by: engine/sandbox/src/call.rs
# ends: scored 5/1

import _hyperspace


def f(x):
    _hyperspace.result(b'{"ok": 7}')
    return 0
