# T-TIME-06: sleeps a nanosecond for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import time
while True: time.sleep(1e-9)
