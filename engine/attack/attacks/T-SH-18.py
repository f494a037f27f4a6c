# T-SH-18: replacements in a long text, again and again
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('x=$(seq 100000); while :; do y="${x//1/22}"; done')[-1_000:])
print(bash('echo alive').strip())
