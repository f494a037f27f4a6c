# T-BILL-17: opens and closes a file of the library
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    os.close(os.open("/usr/lib/python313.zip", os.O_RDONLY))
