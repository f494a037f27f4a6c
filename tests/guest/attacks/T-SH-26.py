# T-SH-26: a substitution that contains itself
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('f() { echo $(f); }; f')[-1_000:])
print(bash("echo alive"))
