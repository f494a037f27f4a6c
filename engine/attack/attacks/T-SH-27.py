# T-SH-27: a script that runs itself
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash("printf 'bash /tmp/s\\n' > /tmp/s; bash /tmp/s")[-1_000:])
print(bash('echo alive').strip())
