# T-SH-46: requests that are none
# held by: engine/tools/src/door.rs
# ends: completed
# with: tools
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Invalid
# prints: Denied
# prints: Denied
# refusals: 2

import hyperspace

for operation, request in [('tool.bash', {}), ('tool.bash', {'command': 'ls', 'restart': True}), ('tool.bash', {'command': ['ls']}), ('tool.bash', {'command': 'ls', 'cwd': '/'}),
                           ('tool.editor', {'command': 'view'}), ('tool.editor', {'command': 'view', 'path': '/work', 'root': '/'}), ('tool.editor', {'command': 'view', 'path': 7}),
                           ('log', {}), ('log', {'text': None}), ('tool.python', {}), ('secret', {})]:
    try:
        print(hyperspace.call(operation, **request))
    except hyperspace.HyperspaceError as error:
        print(type(error).__name__)
