# T-SH-44: paths that the editor must not follow
# held by: engine/tools/src/editor/mod.rs
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
# prints: True True
# prints: fixed A = 1
# refusals: 1

from hyperspace.tools import bash, editor


import os

for path in ['/etc/passwd', os.environ['HOST_FILE'], '/work/../etc/passwd', '/work/lib/../fixed.txt', 'lib/a.py', '', '/work/\0', '/work/lib/a.py/', '//work/fixed.txt', '/work/lib/../../repo/victim.py']:
    print(editor('create', path, file_text='x').startswith('Error: '), editor('str_replace', path, old_str='fixed', new_str='x').startswith('Error: '))
print(open('/work/fixed.txt').read().strip(), open('/work/lib/a.py').read().strip())
