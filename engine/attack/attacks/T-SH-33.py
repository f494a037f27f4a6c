# T-SH-33: a sleep of three years
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('sleep 100000000')[-1_000:])
print(bash('echo alive').strip())
