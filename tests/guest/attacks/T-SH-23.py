# T-SH-23: a text that evaluates itself
# held by: engine/tools/src/shell/refused.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('x=\'eval "$x"\'; eval "$x"')[-1_000:])
print(bash("echo alive"))
