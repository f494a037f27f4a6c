# T-QUOTA-07: deletes files that it keeps open
# held by: engine/sandbox/src/markfs/quota.rs
# ends: quota files

import os
held = []
for i in range(40):
    fd = os.open('/tmp/x', os.O_CREAT | os.O_RDWR)
    os.remove('/tmp/x')
    os.write(fd, bytes(1 << 20))
    held.append(fd)
