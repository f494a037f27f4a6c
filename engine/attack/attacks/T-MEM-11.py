# T-MEM-11: repeats a shifted copy for ever
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

x = bytearray(32 << 20)
while True: x[1:] = x[:-1]
