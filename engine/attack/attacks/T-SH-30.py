# T-SH-30: an expression that backtracks
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('s=$(printf "a%.0s" $(seq 5000)); [[ $s =~ ^(a+)+$b ]]; echo $s | grep -P "^(a+)+b$"; echo $s | grep -E "(a|a)*b"; echo $s | sed -E "s/(a*)*b//" | wc -c')[-1_000:])
print(bash('echo alive').strip())
