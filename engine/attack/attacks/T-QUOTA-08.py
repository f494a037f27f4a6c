# T-QUOTA-08: appends beyond the quota
# held by: engine/sandbox/src/markfs/quota.rs
# ends: quota files

import os
fd = os.open('/tmp/x', os.O_CREAT | os.O_WRONLY | os.O_APPEND)
for _ in range(10_000): os.write(fd, bytes(65_536))
