# T-BILL-49: renames over a file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
open("/tmp/a", "w").close()
while True:
    open("/tmp/b", "w").close(); os.rename("/tmp/b", "/tmp/a")
