# T-TIME-13: writes single bytes for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os
fd = os.open('/tmp/x', os.O_CREAT | os.O_RDWR)
while True: os.pwrite(fd, b'x', 0)
