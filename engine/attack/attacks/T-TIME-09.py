# T-TIME-09: makes and removes a file for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os
while True:
    os.close(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY))
    os.remove('/tmp/x')
