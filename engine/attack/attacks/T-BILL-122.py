# T-BILL-122: logs what is no text
# held by: engine/tools/src/guest_log.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import _hyperspace
frame = b'{"op":"log","params":{"text":[' + b",".join([b"[]"] * 1000) + b"]}}"
while True:
    _hyperspace.send(frame)
