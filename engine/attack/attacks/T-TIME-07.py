# T-TIME-07: asks for metadata for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os
while True: os.stat('/usr/lib/python313.zip')
