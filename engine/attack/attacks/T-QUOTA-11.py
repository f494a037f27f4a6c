# T-QUOTA-11: reads a folder with many entries
# held by: engine/sandbox/src/wasi/folders.rs
# ends: completed
# prints: 1000 True

import os
for i in range(1000): os.close(os.open(f'/tmp/{i}', os.O_CREAT | os.O_WRONLY))
print(len(os.listdir('/tmp')), sorted(os.listdir('/tmp')) == os.listdir('/tmp'))
