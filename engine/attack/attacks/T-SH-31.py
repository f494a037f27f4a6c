# T-SH-31: a pattern that backtracks
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: alive
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('s=$(printf "a%.0s" $(seq 5000)); [[ $s == *a*a*a*a*a*a*a*a*b ]]; shopt -s extglob; [[ $s == +(+(a))b ]]; echo ${s##+(a|aa)b} | wc -c')[-1_000:])
print(bash('echo alive').strip())
