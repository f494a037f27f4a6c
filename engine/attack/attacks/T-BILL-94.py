# T-BILL-94: a mebibyte that is no text
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b"\xff" * 1_000_000
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
