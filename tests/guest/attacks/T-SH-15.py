# T-SH-15: endless loops in a thousand awks
# held by: engine/tools/src/shell/meter.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash("for i in $(seq 1000); do awk 'BEGIN { while (1) i++ }'; done")[-1_000:])
print(bash("echo alive"))
