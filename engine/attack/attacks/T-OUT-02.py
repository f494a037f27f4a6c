# T-OUT-02: floods standard error
# held by: engine/sandbox/src/host/state.rs
# ends: output-limit

import sys
while True: sys.stderr.write('x' * 10_000)
