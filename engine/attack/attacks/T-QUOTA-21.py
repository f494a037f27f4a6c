# T-QUOTA-21: a limit that makes no sense: memory_bytes of 1099511627776
# held by: engine/sandbox/src/limits.rs
# limits: memory_bytes=1099511627776
# ends: refused: limit `memory_bytes` is 1099511627776; it must be between 1048576 and 4294967296

print(1)
