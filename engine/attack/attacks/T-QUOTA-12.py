# T-QUOTA-12: changes a folder while it is being listed
# held by: engine/sandbox/src/wasi/folders.rs
# ends: completed
# prints: 500 []

import os
for i in range(500): os.close(os.open(f'/tmp/{i:03}', os.O_CREAT | os.O_WRONLY))
n = 0
for entry in os.scandir('/tmp'):
    os.remove(entry.path)
    n += 1
print(n, os.listdir('/tmp'))
