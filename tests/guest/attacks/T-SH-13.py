# T-SH-13: an endless loop that runs no program
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('for ((;;)); do x=$i; done')[-1_000:])
print(bash("echo alive"))
