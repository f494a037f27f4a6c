# T-QUOTA-26: a limit that makes no sense: files of 1099511627776
# held by: engine/sandbox/src/limits.rs
# limits: files=1099511627776
# ends: refused: limit `files` is 1099511627776; it must be between 0 and 1048576

print(1)
