# T-BILL-59: names of other scripts
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    open("/tmp/\u00e9\u4e2d\U0001f600", "w").close(); os.remove("/tmp/\u00e9\u4e2d\U0001f600")
