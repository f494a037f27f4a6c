# T-BILL-48: renames a folder into itself
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
os.makedirs("/tmp/a/b/c")
while True:
    try: os.rename("/tmp/a", "/tmp/a/b/c/d")
    except OSError: pass
