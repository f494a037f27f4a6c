# T-BILL-115: a path of a mebibyte
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace

frame = json.dumps({"op": "tool.editor", "params": {"command": "view", "path": "/" + "a/" * 500_000}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
