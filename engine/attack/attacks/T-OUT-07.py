# T-OUT-07: output and error share one limit
# held by: engine/sandbox/src/host/state.rs
# limits: output_bytes=10
# ends: output-limit
# prints: 1234

import os
os.write(2, b'12345')
os.write(1, b'1234\n')
os.write(2, b'x')
