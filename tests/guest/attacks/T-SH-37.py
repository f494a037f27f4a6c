# T-SH-37: a sort of much, again and again
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('seq 100000 > /tmp/a; while :; do sort /tmp/a > /dev/null; diff /tmp/a /work/fixed.txt > /dev/null; done')[-1_000:])
print(bash("echo alive"))
