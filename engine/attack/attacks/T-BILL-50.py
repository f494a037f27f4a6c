# T-BILL-50: sets times
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
open("/tmp/a", "w").close()
while True:
    os.utime("/tmp/a")
