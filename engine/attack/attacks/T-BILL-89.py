# T-BILL-89: a request with 90,000 fields
# held by: engine/sandbox/src/json_look.rs
# ends: out-of-fuel
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"echo","params":{' + b",".join(b'"%d":[]' % i for i in range(90_000)) + b"}}"
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
