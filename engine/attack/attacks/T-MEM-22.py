# T-MEM-22: programs of the shell, one after the other, that each take all memory and keep it to the end
# held by: engine/sandbox/src/memory_account.rs
# ends: completed
# with: tools
# prints: 20
# limits: fuel=40_000_000_000

from hyperspace.tools import bash

print(bash('for i in $(seq 20); do python3 -c "x = bytearray(120 << 20)" && echo $i; done | tail -1').strip())
