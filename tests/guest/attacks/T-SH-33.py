# T-SH-33: a sleep of three years
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('sleep 100000000')[-1_000:])
print(bash("echo alive"))
