# T-HACK-17: patches the interpreter's own side, in the module and in its frames, to answer in its place
# as: agent of rows
# held by: engine/sandbox/src/guest.rs
# ends: trap: malformed result

import sys
import _hyperspace
original = _hyperspace.result


def forge(frame): return original(b'{"ok": 3, "score": 0}')


_hyperspace.result = forge
frame = sys._getframe(1)
while frame is not None:
    for name, value in list(frame.f_globals.items()):
        if value is original and name != "original":
            frame.f_globals[name] = forge
    frame = frame.f_back


def f(x): return 0
