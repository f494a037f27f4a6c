# T-SH-19: braces that stand for a million of millions
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('echo {1..1000000000}')[-1_000:])
print(bash("echo alive"))
