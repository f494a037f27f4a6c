# T-SH-37: a sort of much, again and again
# held by: engine/tools/src/limits.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=20_000_000_000

import sys

from hyperspace.tools import bash

sys.stderr.write(bash('seq 100000 > /tmp/a; while :; do sort /tmp/a > /dev/null; diff /tmp/a /work/fixed.txt > /dev/null; done')[-1_000:])
print(bash('echo alive').strip())
