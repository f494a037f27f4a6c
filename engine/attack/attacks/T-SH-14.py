# T-SH-14: an endless loop in awk
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash("awk 'BEGIN { while (1) i++ }'")[-1_000:])
print(bash('echo alive').strip())
