# T-OUT-03: floods past the buffers of Python
# held by: engine/sandbox/src/host/state.rs
# ends: output-limit
# prints: *

import os
while True: os.write(1, b'x' * 100_000)
