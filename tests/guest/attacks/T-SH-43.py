# T-SH-43: shells in python3 in the shell
# held by: engine/tools/src/shell/python.rs
# ends: completed
# with: tools
# prints: ?

from hyperspace.tools import bash, editor


print(bash("python3 -c 'from hyperspace.tools import bash; print(bash(\"ls\"))' 2>&1 | tail -1"))
