# T-BILL-20: removes what it may not change
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: os.remove("/repo/victim.py")
    except OSError: pass
