# T-MEM-04: a text of one gigabyte
# held by: engine/sandbox/src/host/limiter.rs
# ends: out-of-memory

x = 'a' * (1 << 30)
