# T-BILL-08: metadata behind the longest name
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: os.stat("/tmp/" + "n" * 255)
    except OSError: pass
