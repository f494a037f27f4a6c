# T-BILL-09: metadata of an open file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = open("/tmp/x", "wb")
while True:
    os.fstat(f.fileno())
