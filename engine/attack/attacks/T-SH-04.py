# T-SH-04: every other source of chance, which must follow the seed
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True

import sys

from hyperspace.tools import bash

for command in ['echo $RANDOM $RANDOM $(echo $RANDOM) $$ $BASHPID $PPID', 'head -c 9 /dev/urandom | od -An -tx1', 'mktemp -u; mktemp -d',
                'od -An -N4 -tu4 < /dev/random', "awk 'BEGIN { srand(); print rand(), rand(), srand() }'", 'bash -c "echo $RANDOM"',
                '(echo $RANDOM) & echo $!; wait; jobs', 'coproc cat; echo $COPROC_PID; kill %1; ps; echo $RANDOM']:
    sys.stderr.write(bash(command))
print(bash('echo $RANDOM $RANDOM') != bash('echo $RANDOM $RANDOM'))
