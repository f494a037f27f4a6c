# T-BILL-87: a list of 149,000 small objects
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b"[" + b",".join([b'{"":0}'] * 149_000) + b"]"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
