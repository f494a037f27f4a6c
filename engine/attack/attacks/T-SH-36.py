# T-SH-36: a search through everything, again and again
# held by: engine/tools/src/shell/runner.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('while :; do find / > /dev/null; grep -r zzz / > /dev/null 2>&1; done')[-1_000:])
print(bash('echo alive').strip())
