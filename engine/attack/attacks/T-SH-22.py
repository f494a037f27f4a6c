# T-SH-22: commands of commands, five thousand deep
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('eval "$(printf \'eval %.0s\' $(seq 5000)) echo x"')[-1_000:])
print(bash('echo alive').strip())
