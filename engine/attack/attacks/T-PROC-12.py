# T-PROC-12: reads the environment of the host
# held by: engine/sandbox/src/job/mod.rs
# ends: completed
# prints: ['GREETING', 'HOST_FILE', 'HOST_FOLDER'] hello

import os
print(sorted(os.environ), os.environ['GREETING'])
