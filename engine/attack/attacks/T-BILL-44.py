# T-BILL-44: makes and removes a file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    open("/tmp/m", "w").close(); os.remove("/tmp/m")
