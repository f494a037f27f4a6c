# T-QUOTA-27: a limit that makes no sense: result_bytes of 0
# held by: engine/sandbox/src/limits.rs
# limits: result_bytes=0
# ends: refused: limit `result_bytes` is 0; it must be between 64 and 268435456

print(1)
