# T-MEM-08: asks again for ever when it has no memory
# held by: engine/sandbox/src/host/limiter.rs
# ends: out-of-fuel

while True:
    try:
        bytearray(1 << 30)
    except MemoryError:
        pass
