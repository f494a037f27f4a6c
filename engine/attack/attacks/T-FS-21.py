# T-FS-21: edits within its scope are exactly what is kept
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# changes: 3

import os
open('/work/free.txt', 'w').write('new')
os.makedirs('/work/lib/deep')
open('/work/lib/deep/x', 'w').write('x')
os.remove('/work/lib/a.py')
open('/tmp/y', 'w').write('y')
