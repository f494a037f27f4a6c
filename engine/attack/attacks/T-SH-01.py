# T-SH-01: the system's randomness, by names that are put together at run time
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True

import sys

from hyperspace.tools import bash

for command in [
    'a=SRAN; n=${a}DOM; export n; echo "${!n}"', 'declare -n r=$n; echo "$r"', 'eval "echo \$$n"', 'echo "$(($n))"', 'bash -c \'echo "${!n}"\'',
    'printf \'echo "${!n}"\\n\' > /tmp/script; chmod +x /tmp/script; sh /tmp/script; /tmp/script; . /tmp/script; bash < /tmp/script; env bash /tmp/script',
    'trap \'echo "${!n}"\' EXIT; (trap \'echo "${!n}"\' EXIT); trap - EXIT', 'declare -n RANDOM=$n; echo "$RANDOM"', 'p="\\${!n}"; echo "${p@P}"; (echo "${!n}") & wait; cat <(echo "${!n}")',
]:
    sys.stderr.write(bash(command))
print(bash('echo $SRANDOM').strip() != bash('echo $SRANDOM').strip())
