# T-SH-26: a substitution that contains itself
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('f() { echo $(f); }; f')[-1_000:])
print(bash('echo alive').strip())
