# T-BILL-55: waits for a file to be written, again and again
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
f = os.open("/tmp/x", os.O_RDWR | os.O_CREAT)
os.write(f, b"x" * 100_000)
while True:
    os.fsync(f)
