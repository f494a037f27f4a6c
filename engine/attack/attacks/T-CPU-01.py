# T-CPU-01: an endless loop
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

while True: pass
