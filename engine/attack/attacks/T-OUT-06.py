# T-OUT-06: no output allowed
# held by: engine/sandbox/src/host/state.rs
# limits: output_bytes=0
# ends: output-limit

print(1)
