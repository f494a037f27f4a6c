# T-BILL-119: logs texts of 1 characters
# held by: engine/tools/src/guest_log.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
frame = json.dumps({"op": "log", "params": {"text": "\U0001f600" * 1}}, ensure_ascii=False).encode()
while True:
    _hyperspace.send(frame)
