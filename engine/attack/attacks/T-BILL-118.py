# T-BILL-118: logs texts of 0 characters
# held by: engine/tools/src/guest_log.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
frame = json.dumps({"op": "log", "params": {"text": "\U0001f600" * 0}}, ensure_ascii=False).encode()
while True:
    _hyperspace.send(frame)
