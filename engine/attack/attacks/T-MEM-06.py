# T-MEM-06: a list of one billion
# held by: engine/sandbox/src/host/limiter.rs
# ends: out-of-memory

x = list(range(10**9))
