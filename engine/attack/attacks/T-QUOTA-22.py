# T-QUOTA-22: a limit that makes no sense: descriptors of 0
# held by: engine/sandbox/src/limits.rs
# limits: descriptors=0
# ends: refused: limit `descriptors` is 0; it must be between 4 and 4096

print(1)
