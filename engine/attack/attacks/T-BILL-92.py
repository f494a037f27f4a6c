# T-BILL-92: the name of an operation of a mebibyte
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"' + b"x" * 1_000_000 + b'"}'
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
