# T-SH-14: an endless loop in awk
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash("awk 'BEGIN { while (1) i++ }'")[-1_000:])
print(bash("echo alive"))
