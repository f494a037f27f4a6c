# T-TIME-10: renames a folder of 600 files into itself for ever: refused work is paid for, too
# held by: engine/sandbox/src/markfs/change.rs
# ends: out-of-fuel

import os

os.mkdir("/tmp/d")
for i in range(600):
    os.close(os.open(f"/tmp/d/{i}", os.O_CREAT | os.O_WRONLY))
while True:
    try:
        os.rename("/tmp/d", "/tmp/d/inside")
    except OSError:
        pass
