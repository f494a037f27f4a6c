# T-QUOTA-24: a limit that makes no sense: output_bytes of 1125899906842624
# held by: engine/sandbox/src/limits.rs
# limits: output_bytes=1125899906842624
# ends: refused: limit `output_bytes` is 1125899906842624; it must be between 0 and 1073741824

print(1)
