# T-BILL-41: reads the last byte of a large file
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
os.ftruncate(f, 15 << 20)
while True:
    os.pread(f, 1, (15 << 20) - 1)
