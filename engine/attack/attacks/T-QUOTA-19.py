# T-QUOTA-19: a limit that makes no sense: fuel of 9223372036854775808
# held by: engine/sandbox/src/limits.rs
# limits: fuel=9223372036854775808
# ends: refused: limit `fuel` is 9223372036854775808; it must be between 1000000 and 9007199254740992

print(1)
