# T-OUT-04: exactly as much output as allowed
# held by: engine/sandbox/src/host/state.rs
# limits: output_bytes=10
# ends: completed
# prints: xxxxxxxxx

print('x' * 9)
