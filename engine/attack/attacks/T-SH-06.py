# T-SH-06: the year of the host's clock, by whether it has a 29th of February
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True
# prints: True

import sys

from hyperspace.tools import bash

# 2026, the year in here, has none.
for command in ['touch -t 02290000 /tmp/a; ls /tmp/a', 't=0229; touch -ct${t}0000.30 /tmp/b; touch -t ${t}0000 /tmp/b; ls /tmp/b']:
    answer = bash(command)
    sys.stderr.write(answer)
    print('invalid' in answer or 'No such file' in answer or '/tmp/' in answer)
