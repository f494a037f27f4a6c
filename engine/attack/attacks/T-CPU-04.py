# T-CPU-04: a power with more digits than there is time
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

x = 7 ** 10 ** 9
