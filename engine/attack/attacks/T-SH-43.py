# T-SH-43: shells in python3 in the shell
# held by: engine/tools/src/shell/python.rs
# ends: completed
# with: tools
# prints: Error: tool.bash: the grant does not name this operation
# refusals: 1

from hyperspace.tools import bash

print(bash("python3 -c 'from hyperspace.tools import bash; print(bash(\"ls\"))' 2>&1 | tail -1").strip())
