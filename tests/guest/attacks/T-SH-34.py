# T-SH-34: what the parser recurses on
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('eval "$(printf \'(%.0s\' $(seq 5000))"; eval "$(printf \'{ %.0s\' $(seq 20000))"; eval "$(printf \'if %.0s\' $(seq 20000))"; eval "[[ $(printf \'( %.0s\' $(seq 20000))"')[-1_000:])
print(bash("echo alive"))
