# T-MEM-07: a table that grows for ever
# held by: engine/sandbox/src/host/limiter.rs
# limits: fuel=3_000_000_000
# ends: out-of-memory

x = {}
while True: x[len(x)] = bytearray(1 << 20)
