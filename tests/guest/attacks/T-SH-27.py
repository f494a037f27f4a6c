# T-SH-27: a script that runs itself
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash("printf 'bash /tmp/s\\n' > /tmp/s; bash /tmp/s")[-1_000:])
print(bash("echo alive"))
