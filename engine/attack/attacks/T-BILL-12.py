# T-BILL-12: lists a folder of 10 names of 200 bytes
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.mkdir("/tmp/l")
for i in range(10): open(f"/tmp/l/{'n' * 200}{i}", "w").close()
while True:
    os.listdir("/tmp/l")
