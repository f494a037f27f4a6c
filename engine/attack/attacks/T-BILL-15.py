# T-BILL-15: looks at every entry of a folder
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.mkdir("/tmp/l")
for i in range(500): open(f"/tmp/l/{i}", "w").close()
while True:
    for entry in os.scandir("/tmp/l"): entry.stat()
