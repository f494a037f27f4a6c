# T-MEM-10: searches a buffer for ever
# held by: engine/sandbox/src/call.rs
# ends: out-of-fuel

x = bytes(32 << 20)
while True: x.find(b'\x01')
