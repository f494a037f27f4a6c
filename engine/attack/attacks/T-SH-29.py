# T-SH-29: arithmetic that is fifty thousand deep
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('x=$(printf "(%.0s" $(seq 50000))1$(printf ")%.0s" $(seq 50000)); echo $(($x)); q="a[q]"; echo $((q)); y=y+y; echo $((y))')[-1_000:])
print(bash('echo alive').strip())
