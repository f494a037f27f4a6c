# T-SH-38: appends in one command, which nothing but fuel counts
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True
# prints: alive
# limits: fuel=20_000_000_000

from hyperspace.tools import bash

print('was stopped' in bash('a=($(seq 2000)); w=$(printf "a+=(x) %.0s" $(seq 3000)); while :; do eval "$w"; done'))
print(bash('echo alive').strip())
