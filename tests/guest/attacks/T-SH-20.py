# T-SH-20: programs that never stop to write
# held by: engine/tools/src/shell/live.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('yes | cat > /tmp/yes; cat /dev/zero | wc -c; seq 99999999999 | tail -1')[-1_000:])
print(bash("echo alive"))
