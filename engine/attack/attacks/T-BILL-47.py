# T-BILL-47: renames a folder of 900 files
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.mkdir("/tmp/a")
for i in range(900): open(f"/tmp/a/{i}", "w").close()
while True:
    os.rename("/tmp/a", "/tmp/b"); os.rename("/tmp/b", "/tmp/a")
