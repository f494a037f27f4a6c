# T-SH-32: jobs in the background that sleep for ever
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('for i in $(seq 100000); do sleep 1000000 & done; wait')[-1_000:])
print(bash('echo alive').strip())
