# T-SH-19: braces that stand for a million of millions
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('echo {1..1000000000}')[-1_000:])
print(bash('echo alive').strip())
