# T-SH-21: a number with a billion digits
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('printf "%1000000000d" 1')[-1_000:])
print(bash('echo alive').strip())
