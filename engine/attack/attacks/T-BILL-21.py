# T-BILL-21: renames what it may not change
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: os.rename("/work/fixed.txt", "/work/other.txt")
    except OSError: pass
