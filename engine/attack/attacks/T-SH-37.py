# T-SH-37: a sort of much, again and again
# held by: engine/tools/src/limits.rs
# ends: completed
# with: tools
# prints: True
# prints: alive
# limits: fuel=20_000_000_000

from hyperspace.tools import bash

print('units of fuel' in bash('seq 100000 > /tmp/a; while :; do sort /tmp/a > /dev/null; diff /tmp/a /work/fixed.txt > /dev/null; done'))
print(bash('echo alive').strip())
