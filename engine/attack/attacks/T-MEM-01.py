# T-MEM-01: one gigabyte at once
# held by: engine/sandbox/src/host/limiter.rs
# ends: out-of-memory

x = bytearray(1 << 30)
