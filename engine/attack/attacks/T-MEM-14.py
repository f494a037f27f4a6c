# T-MEM-14: a file and a buffer of the largest size, freed and taken again
# held by: engine/sandbox/src/markfs/quota.rs
# ends: completed
# prints: done

import os

for _ in range(20):
    with open("/tmp/x", "wb") as stream:
        stream.write(bytes(8 << 20))
    os.remove("/tmp/x")
print("done")
