# T-MEM-15: cuts hundreds of large files to nothing and keeps them
# held by: engine/sandbox/src/markfs/content.rs
# ends: completed
# prints: 150

import os

for i in range(150):
    fd = os.open(f"/tmp/{i}", os.O_CREAT | os.O_RDWR)
    os.ftruncate(fd, 4 << 20)
    os.ftruncate(fd, 0)
    os.close(fd)
print(len(os.listdir("/tmp")))
