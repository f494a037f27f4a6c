# T-TIME-08: lists a folder for ever
# held by: engine/sandbox/src/limits.rs
# ends: out-of-fuel

import os
while True: os.listdir('/usr')
