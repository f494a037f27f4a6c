# T-BILL-58: closes what is not open
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: os.close(60)
    except OSError: pass
