# T-SH-03: programs that are nothing but chance
# held by: engine/tools/src/shell/restrictions.rs
# ends: completed
# with: tools
# prints: True []
# prints: True []
# prints: True []
# prints: True []
# prints: True []
# prints: True []
# prints: True []
# prints: True []
# prints: True []

from hyperspace.tools import bash

for command in ['seq 9 | sort -R', 'seq 9 | shuf', 'shuf -e 1 2 3', 'seq 9 | sort --random-sort', 'x=sort; y=-R; seq 9 | $x $y', 'command shuf -i 1-9', 'env shuf -e 1', 'history', 'fc -l']:
    answer = bash(command)
    print('refused' in answer or 'not found' in answer or 'No such file' in answer, [line for line in answer.split() if line.isdigit()])
