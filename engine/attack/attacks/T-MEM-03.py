# T-MEM-03: appends for ever
# held by: engine/sandbox/src/host/limiter.rs
# limits: fuel=3_000_000_000
# ends: out-of-memory

x = []
while True: x.append(bytearray(1 << 20))
