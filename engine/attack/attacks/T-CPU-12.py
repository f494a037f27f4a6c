# T-CPU-12: unpacks a bomb of zeros again and again
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

import zlib

bomb = zlib.compress(bytes(1 << 20), 9)
while True:
    zlib.decompress(bomb)
