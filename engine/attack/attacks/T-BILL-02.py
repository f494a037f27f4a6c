# T-BILL-02: asks for the clock that only advances
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import time
while True:
    time.monotonic()
