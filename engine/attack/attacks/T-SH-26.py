# T-SH-26: a substitution that contains itself
# held by: engine/tools/src/shell/session.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('f() { echo $(f); }; f')[-1_000:])
print(bash('echo alive').strip())
