# T-BILL-23: 4096 bytes of randomness
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    os.urandom(4096)
