# T-BILL-57: opens a file until there are no descriptors
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    f = []
    try:
        while True: f.append(os.open("/tmp", os.O_RDONLY))
    except OSError: pass
    for x in f: os.close(x)
