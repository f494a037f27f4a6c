# T-SH-07: order of what is kept in hash maps
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: 60

import sys

from hyperspace.tools import bash

for command in ['declare -A m; for i in $(seq 60); do m[k$i]=$i; done; echo "${!m[@]}"; echo "${m[@]}"; declare -p m',
                'for i in $(seq 30); do eval "v$i=$i; export e$i=$i; f$i() { :; }"; done; set; env; declare -F; compgen -v; echo ${!v*}',
                "awk 'BEGIN { for (i = 0; i < 50; i++) a[\"k\" i] = i; for (k in a) print k }'", 'hash ls cat; hash; trap x INT TERM; trap; alias a=b c=d; alias; jobs']:
    sys.stderr.write(bash(command))
print(bash('echo ${#m[@]}').strip())
