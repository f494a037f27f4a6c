# T-SH-09: names of the host: user, machine, processes, environment
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: ['agent', 'hyperspace', 'agent', 'agent', 'hyperspace', '/work']
# prints: []

from hyperspace.tools import bash

print(bash('whoami; hostname; id -un; echo $USER $HOSTNAME $HOME').split())
text = bash('env; set; export -p; printenv; ps aux; mount; df; who; last; arch; uname -a')
print([name for name in ['HOST_FILE', 'HOST_FOLDER', 'CARGO', '/usr/local', 'root ', 'GREETING'] if name in text])
