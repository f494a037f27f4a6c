# T-QUOTA-23: a limit that makes no sense: wall_clock_ms of 0
# held by: engine/sandbox/src/limits.rs
# limits: wall_clock_ms=0
# ends: refused: limit `wall_clock_ms` is 0; it must be between 1 and 86400000

print(1)
