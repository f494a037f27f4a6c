# T-BILL-46: renames a file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
open("/tmp/a", "w").close()
while True:
    os.rename("/tmp/a", "/tmp/b"); os.rename("/tmp/b", "/tmp/a")
