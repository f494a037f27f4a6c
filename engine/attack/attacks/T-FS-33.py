# T-FS-33: inode numbers, times and owners tell nothing of the host
# held by: engine/sandbox/src/wasi/stat.rs
# ends: completed
# prints: 1 0 0 1 1767225600.0 True

import os
s = os.stat('/repo/victim.py')
print(s.st_dev, s.st_uid, s.st_gid, s.st_nlink, s.st_mtime, os.stat('/repo/victim.py').st_ino == s.st_ino)
