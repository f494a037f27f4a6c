# T-BILL-35: moves within a file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
while True:
    os.lseek(f, 1 << 40, 0)
