# T-CPU-14: spins on the clock
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import time
while time.time() < 1e12: pass
