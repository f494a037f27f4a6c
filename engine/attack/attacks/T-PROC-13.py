# T-PROC-13: sets a variable for the next run
# held by: engine/sandbox/src/job/mod.rs
# ends: completed
# prints: False

import os
print('PLANTED' in os.environ)
os.environ['PLANTED'] = '1'
os.putenv('PLANTED', '1')
