# T-MEM-19: makes everything live for ever and goes on
# held by: engine/sandbox/src/host/limiter.rs
# limits: fuel=5_000_000_000
# ends: out-of-memory

import gc, sys
gc.disable()
gc.freeze()
keep = []
while True:
    gc.freeze()
    keep.append([bytearray(1 << 20), sys.intern('x' * len(keep))])
