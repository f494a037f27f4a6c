# T-SH-20: programs that never stop to write
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('yes | cat > /tmp/yes; cat /dev/zero | wc -c; seq 99999999999 | tail -1')[-1_000:])
print(bash('echo alive').strip())
