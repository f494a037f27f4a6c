# T-BILL-52: asks whether it may
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    os.access("/work/fixed.txt", os.W_OK)
