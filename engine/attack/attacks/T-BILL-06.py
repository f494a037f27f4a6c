# T-BILL-06: metadata at the end of a long path
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
d = "/tmp/" + "/".join(["d" * 30] * 25)
os.makedirs(d)
while True:
    os.stat(d)
