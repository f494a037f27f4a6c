# T-SH-28: a handler that sets itself off
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('trap "kill -USR1 $$" USR1; kill -USR1 $$; trap "false" ERR; false; trap "f" DEBUG; f() { g; }; g() { f; }; f')[-1_000:])
print(bash('echo alive').strip())
