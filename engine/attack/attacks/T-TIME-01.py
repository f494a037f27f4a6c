# T-TIME-01: sleeps thirty years
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: 1000000000

import time
time.sleep(1e9)
print(int(time.monotonic()))
