# T-BILL-81: a granted request with 80000 numbers
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"echo","params":{"t":[' + b",".join([b"0"] * 80000) + b"]}}"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
