# T-CPU-21: loops in the callback of a weak reference
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import weakref


class Thing: pass


def callback(reference):
    while True: pass


thing = Thing()
reference = weakref.ref(thing, callback)
del thing
