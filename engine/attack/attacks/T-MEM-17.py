# T-MEM-17: grows to the limit exactly and is told its peak
# held by: engine/sandbox/src/host/limiter.rs
# limits: memory_bytes=67_108_864 fuel=6_000_000_000
# ends: out-of-memory

x = []
while True: x.append(bytes(65_536))
