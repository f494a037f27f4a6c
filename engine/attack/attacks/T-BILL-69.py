# T-BILL-69: a refused request of 10 objects in each other
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"x","params":' + b'{"a":' * 10 + b"1" + b"}" * 10 + b"}"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
