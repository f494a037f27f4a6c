# T-BILL-18: opens what it may not change
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: open("/usr/x", "w")
    except OSError: pass
