# T-SH-45: edits that are taken back after somebody else came
# held by: engine/tools/src/editor/commands.rs
# ends: completed
# with: tools
# prints: /work/lib/n.py
# prints: True two
# prints: True True

from hyperspace.tools import bash, editor

print(editor('create', '/work/lib/n.py', file_text='one\n').split(' was ')[0])
bash('echo two > lib/n.py')
print(editor('undo_edit', '/work/lib/n.py').startswith('Error: '), open('/work/lib/n.py').read().strip())
bash('rm lib/n.py; mkdir lib/n.py')
print(editor('undo_edit', '/work/lib/n.py').startswith('Error: '), editor('undo_edit', '/work/fixed.txt').startswith('Error: '))
