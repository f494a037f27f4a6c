# T-SH-10: the network
# held by: engine/sandbox/src/shell.rs
# ends: completed
# with: tools
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True
# prints: True

from hyperspace.tools import bash

for command in ['cat < /dev/tcp/127.0.0.1/80', 'echo x > /dev/udp/127.0.0.1/53', 'exec 3<>/dev/tcp/localhost/80', 'curl http://127.0.0.1/', 'wget http://127.0.0.1/',
                'nc 127.0.0.1 80', 'ssh localhost', 'ping -c 1 127.0.0.1', 'git clone http://127.0.0.1/x', 'http GET http://127.0.0.1/']:
    answer = bash(command)
    print('No such file' in answer or 'not found' in answer or 'disabled' in answer or 'denied' in answer or 'absent' in answer)
