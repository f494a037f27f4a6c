# T-BILL-39: writes behind a gap of 15 MiB
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
while True:
    os.pwrite(f, b"x", 15 << 20)
    os.ftruncate(f, 0)
