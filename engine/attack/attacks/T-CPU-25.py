# T-CPU-25: catches the timeout that never comes and asks to be run again
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import signal

try:
    signal.signal(signal.SIGINT, lambda *a: None)
finally:
    while True: pass
