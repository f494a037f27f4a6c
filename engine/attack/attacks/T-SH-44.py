# T-SH-44: paths that the editor must not follow
# held by: engine/tools/src/editor/commands.rs
# ends: completed
# with: tools
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True True
# prints: True
# prints: fixed A = 1
# refusals: 4

import os

from hyperspace.tools import editor

for path in ['/etc/passwd', '/work/../etc/passwd', '/work/lib/../fixed.txt', 'lib/a.py', '', '/work/\0', '/work/lib/a.py/', '//work/fixed.txt', '/work/lib/../../repo/victim.py']:
    print(editor('create', path, file_text='x').startswith('Error: '), editor('str_replace', path, old_str='fixed', new_str='x').startswith('Error: '))
print(editor('view', os.environ['HOST_FILE']).startswith('Error: '))
print(open('/work/fixed.txt').read().strip(), open('/work/lib/a.py').read().strip())
