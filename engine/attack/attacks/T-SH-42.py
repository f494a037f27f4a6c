# T-SH-42: python3 in the shell that never ends
# held by: engine/tools/src/limits.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=20_000_000_000

from hyperspace.tools import bash

print(bash("python3 -c 'while True: pass'"))
