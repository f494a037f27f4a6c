# T-BILL-32: reads 1048576 bytes
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
os.write(f, b"x" * 1048576)
while True:
    os.pread(f, 1048576, 0)
