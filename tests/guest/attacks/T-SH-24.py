# T-SH-24: a program that runs a program, twenty thousand deep
# held by: engine/tools/src/shell/refused.rs
# ends: completed
# with: tools
# prints: *
# limits: fuel=20_000_000_000

from hyperspace.tools import bash, editor

print(bash('$(printf "env %.0s" $(seq 20000)) echo x')[-1_000:])
print(bash("echo alive"))
