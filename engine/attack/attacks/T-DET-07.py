# T-DET-07: how much fuel is left, by the clock
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: *

import time
a = time.process_time_ns()
sum(range(100_000))
print(time.process_time_ns() - a)
