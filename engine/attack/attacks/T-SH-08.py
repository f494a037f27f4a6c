# T-SH-08: files of the host, by absolute paths and by way of the shell
# held by: engine/sandbox/src/host/file_calls.rs
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
# prints: True
# prints: True

import os

from hyperspace.tools import bash

host = os.environ['HOST_FILE']
folder = os.environ['HOST_FOLDER']
# In here it may be a path of the guest's own scratch.
bash(f'rm -f {host}; echo x > {host}; rm -f {host}')
for command in [f'cat {host}', f'ls {folder}', f'cat < {host}', f'. {host}', f'find {folder}', f'cat /work/../../..{host}',
                'cat /etc/passwd', 'cat /proc/self/environ', 'ls /proc /sys /dev /home /root', 'readlink /proc/self/exe', f'cd {folder}', f'test -e {host} && echo there']:
    answer = bash(command)
    print('No such file' in answer or 'cannot' in answer or 'exit code' in answer or 'refused' in answer or 'denied' in answer.lower())
