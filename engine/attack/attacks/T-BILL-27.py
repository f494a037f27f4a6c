# T-BILL-27: writes 4096 bytes to the beginning of a file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
b = b"x" * 4096
while True:
    os.pwrite(f, b, 0)
