# T-SH-03: programs that are nothing but chance, which must follow the seed
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: 9 True
# prints: 9 True
# prints: 3 True
# prints: 9 True
# prints: 9 True
# prints: 9 True

import sys

from hyperspace.tools import bash

for command in ['seq 9 | sort -R', 'seq 9 | shuf', 'shuf -e 1 2 3', 'seq 9 | sort --random-sort', 'x=sort; y=-R; seq 9 | $x $y', 'command shuf -i 1-9']:
    lines = bash(command).split()
    sys.stderr.write(' '.join(lines))
    print(len(lines), sorted(lines) == [str(n) for n in range(1, len(lines) + 1)])
