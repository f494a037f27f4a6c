# T-QUOTA-06: makes and deletes files without end
# held by: engine/sandbox/src/markfs/quota.rs
# ends: completed
# prints: []

import os
for i in range(3000):
    os.close(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY))
    os.remove('/tmp/x')
print(os.listdir('/tmp'))
