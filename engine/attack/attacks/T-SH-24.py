# T-SH-24: a program that runs a program, twenty thousand deep
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('$(printf "env %.0s" $(seq 20000)) echo x')[-1_000:])
print(bash('echo alive').strip())
