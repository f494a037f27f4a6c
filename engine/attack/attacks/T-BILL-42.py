# T-BILL-42: reads an empty file into a large buffer
# held by: engine/sandbox/src/host/fuel.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

f = open("/tmp/x", "w+b", buffering=0)
b = bytearray(8 << 20)
while True:
    f.readinto(b)
