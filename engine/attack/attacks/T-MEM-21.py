# T-MEM-21: a guest takes all its memory while its shell waits with a lot of it
# held by: engine/sandbox/src/memory_account.rs
# ends: completed
# with: tools
# prints: 16777216
# prints: refused
# prints: 209715200
# limits: fuel=40_000_000_000

from hyperspace.tools import bash

print(bash('s=x; for i in $(seq 24); do s=$s$s; done; echo ${#s}').strip())
try:
    bytearray(200 << 20)
    print('given')
except MemoryError:
    print('refused')
bash('exit')
print(len(bytearray(200 << 20)))
