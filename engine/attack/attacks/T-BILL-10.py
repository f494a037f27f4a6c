# T-BILL-10: lists a folder of 0 names of 0 bytes
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.mkdir("/tmp/l")
for i in range(0): open(f"/tmp/l/{'n' * 0}{i}", "w").close()
while True:
    os.listdir("/tmp/l")
