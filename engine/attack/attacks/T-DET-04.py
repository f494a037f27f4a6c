# T-DET-04: the order of folders
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: ['a', 'b', 'c', 'x', 'y', 'z']

import os
for name in 'zyxabc': open('/tmp/' + name, 'w').close()
print(os.listdir('/tmp'))
