# T-QUOTA-25: a limit that makes no sense: host_calls of 1152921504606846976
# held by: engine/sandbox/src/limits.rs
# limits: host_calls=1152921504606846976
# ends: refused: limit `host_calls` is 1152921504606846976; it must be between 0 and 1099511627776

print(1)
