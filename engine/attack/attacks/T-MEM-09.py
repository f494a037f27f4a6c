# T-MEM-09: clears a buffer for ever
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

x = bytearray(32 << 20)
while True: x[:] = bytes(len(x))
