# T-SH-06: the year of the clock, by whether it has a 29th of February
# held by: engine/tools/src/shell/restrictions.rs
# ends: completed
# with: tools
# prints: True
# prints: True
# prints: True
# prints: False

from hyperspace.tools import bash

for command in ['touch -t 02290000 /tmp/a', 'touch -ct02290000.30 /tmp/a', 't=0229; touch -t ${t}0000 /tmp/a', 'touch -t 202402290000 /tmp/a']:
    print('refused' in bash(command))
