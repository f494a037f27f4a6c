# T-BILL-11: lists a folder of 1 names of 1 bytes
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.mkdir("/tmp/l")
for i in range(1): open(f"/tmp/l/{'n' * 1}{i}", "w").close()
while True:
    os.listdir("/tmp/l")
