# T-MEM-20: a program of the shell takes as much memory as its guest has, besides
# held by: engine/sandbox/src/memory_account.rs
# ends: completed
# with: tools
# prints: python3: stopped: out-of-memory
# prints: 20971520
# limits: fuel=20_000_000_000

from hyperspace.tools import bash

kept = bytearray(100 << 20)
print(bash('python3 -c "x = bytearray(150 << 20)" 2>&1 | tail -1').strip())
del kept
print(bash('python3 -c "x = bytearray(20 << 20); print(len(x))"').strip())
