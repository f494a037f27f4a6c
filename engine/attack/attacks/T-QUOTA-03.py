# T-QUOTA-03: a hundred thousand files
# held by: engine/sandbox/src/markfs/quota.rs
# ends: quota files

import os
for i in range(100_000): os.close(os.open(f'/tmp/{i}', os.O_CREAT | os.O_WRONLY))
