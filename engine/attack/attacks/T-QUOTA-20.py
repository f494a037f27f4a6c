# T-QUOTA-20: a limit that makes no sense: memory_bytes of 0
# held by: engine/sandbox/src/limits.rs
# limits: memory_bytes=0
# ends: refused: limit `memory_bytes` is 0; it must be between 1048576 and 4294967296

print(1)
