# T-BILL-117: a path that may not be changed
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# with: tools
# refusals: *
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace

frame = json.dumps({"op": "tool.editor", "params": {"command": "create", "path": "/work/other.txt", "file_text": "x"}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
