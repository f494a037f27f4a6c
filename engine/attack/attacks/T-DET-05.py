# T-DET-05: the bits of NaN
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: 7ff8000000000000 7ff8000000000000 7fc00000

import struct
inf = float('inf')
print(struct.pack('>d', inf - inf).hex(), struct.pack('>d', inf * 0).hex(), struct.pack('>f', inf - inf).hex())
