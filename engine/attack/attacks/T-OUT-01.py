# T-OUT-01: floods standard output
# held by: engine/sandbox/src/host/state.rs
# ends: output-limit
# prints: *

while True: print('x' * 10_000)
