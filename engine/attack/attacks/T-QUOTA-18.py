# T-QUOTA-18: a limit that makes no sense: fuel of 0
# held by: engine/sandbox/src/limits.rs
# limits: fuel=0
# ends: refused: limit `fuel` is 0; it must be between 1000000 and 9007199254740992

print(1)
