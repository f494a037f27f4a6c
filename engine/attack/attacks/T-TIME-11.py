# T-TIME-11: draws randomness for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os
while True: os.urandom(1 << 20)
