# T-CPU-05: multiplies large integers for ever
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

x = 3
while True: x = x * x % (1 << 100_000) + 1
