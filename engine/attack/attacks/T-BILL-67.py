# T-BILL-67: a refused request with 100 numbers
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"x","params":{"t":[' + b",".join([b"0"] * 100) + b"]}}"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
