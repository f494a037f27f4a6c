# T-FS-31: looks for what an earlier run planted
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: [] False

import os
print(os.listdir('/tmp'), os.path.exists('/work/lib/new.py'))
