# T-DET-09: when memory runs out
# held by: engine/sandbox/src/host/state.rs
# limits: fuel=3_000_000_000
# ends: completed
# prints: True

n = 0
x = []
try:
    while True:
        x.append(bytearray(1 << 20))
except MemoryError:
    n = len(x)
    x.clear()
print(n > 200)
