# T-BILL-33: reads 15728640 bytes
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
os.write(f, b"x" * 15728640)
while True:
    os.pread(f, 15728640, 0)
