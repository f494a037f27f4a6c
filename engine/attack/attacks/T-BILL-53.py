# T-BILL-53: makes links, of which there are none
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import os
while True:
    try: os.symlink("/etc", "/tmp/s")
    except OSError: pass
    try: os.link("/tmp", "/tmp/h")
    except OSError: pass
    try: os.readlink("/tmp")
    except OSError: pass
