# T-SH-47: a command of more than a mebibyte, and an answer of more than thirty thousand characters
# held by: engine/tools/src/limits.rs
# ends: completed
# with: tools
# prints: 53 Error: the
# prints: 30020 8192 30020
# limits: fuel=20_000_000_000

from hyperspace.tools import bash

most = 1 << 20
print(len(bash('#' * (most - 200))), bash('#' * (1 << 19) + '\n' + ' ' * 520_000)[:10])
print(len(bash('seq 20000')), len(bash('cat /dev/zero | tr "\\0" x')), len(bash('for i in $(seq 99); do printf "%01000d" 0; done')))
