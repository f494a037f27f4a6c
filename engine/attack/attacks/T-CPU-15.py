# T-CPU-15: loops while it exits
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import atexit


@atexit.register
def leave():
    while True: pass
