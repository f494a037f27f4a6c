# T-SH-34: what the parser recurses on
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('eval "$(printf \'(%.0s\' $(seq 5000))"; eval "$(printf \'{ %.0s\' $(seq 20000))"; eval "$(printf \'if %.0s\' $(seq 20000))"; eval "[[ $(printf \'( %.0s\' $(seq 20000))"')[-1_000:])
print(bash('echo alive').strip())
