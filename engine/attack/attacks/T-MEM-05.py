# T-MEM-05: a width of one billion
# held by: engine/sandbox/src/host/limiter.rs
# ends: out-of-memory

x = f'{1:{10**9}}'
