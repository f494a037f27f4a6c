# T-BILL-34: appends single bytes and begins anew
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT | os.O_APPEND)
while True:
    os.ftruncate(f, 0)
    for _ in range(1000): os.write(f, b"x")
