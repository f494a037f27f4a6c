# T-BILL-45: makes and removes 30 folders in each other
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    os.makedirs("/tmp/" + "/".join("d" * 30)); os.removedirs("/tmp/" + "/".join("d" * 30))
    os.makedirs("/tmp", exist_ok=True)
