# T-SH-38: what work is counted by, hidden behind a function
# held by: engine/tools/src/shell/meter.rs
# ends: out-of-fuel
# with: tools
# prints: (no output)

from hyperspace.tools import bash

print(bash('__meter() { :; }'), flush=True)
print(bash("for i in 1 2 3; do awk 'BEGIN { while (i < 99999) i++ }'; done"))
