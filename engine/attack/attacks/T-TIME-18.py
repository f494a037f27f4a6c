# T-TIME-18: reads the clock backwards and forwards
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: True 0

import time

last = 0
for _ in range(1000):
    now = time.monotonic_ns()
    assert now > last
    last = now
print(time.clock_getres(time.CLOCK_MONOTONIC) > 0, int(time.time()) - 1767225600)
