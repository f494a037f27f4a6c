# T-SH-15: endless loops in a thousand awks
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash("for i in $(seq 1000); do awk 'BEGIN { while (1) i++ }'; done")[-1_000:])
print(bash('echo alive').strip())
