# T-OUT-08: terminal escapes, NUL and broken UTF-8 are kept as bytes
# held by: engine/sandbox/src/wasi/io.rs
# ends: completed
# prints: *

import os
os.write(1, b'\x1b[2J\x00\xff\xfe\x07\n')
print('end')
