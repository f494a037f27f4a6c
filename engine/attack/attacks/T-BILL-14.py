# T-BILL-14: lists a folder at the end of a long path
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
d = "/tmp/" + "/".join(["d" * 30] * 25)
os.makedirs(d)
for i in range(900): open(f"{d}/{i}", "w").close()
while True:
    os.listdir(d)
