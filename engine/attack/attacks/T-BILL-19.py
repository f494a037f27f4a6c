# T-BILL-19: opens what it may not change, by the longest name
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: open("/usr/" + "x" * 250, "w")
    except OSError: pass
