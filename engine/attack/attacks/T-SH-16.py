# T-SH-16: a variable that doubles
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('x=xxxxxxxx; while :; do x=$x$x; done')[-1_000:])
print(bash('echo alive').strip())
