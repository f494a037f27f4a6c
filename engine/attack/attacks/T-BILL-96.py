# T-BILL-96: an exponent of a million digits
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"echo","params":{"t":1e' + b"9" * 1_000_000 + b"}}"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
