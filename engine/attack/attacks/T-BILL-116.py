# T-BILL-116: shows a folder of 900 files
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# changes: 900
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
import os
os.makedirs("/work/lib/d")
for i in range(900): open(f"/work/lib/d/{i}", "w").close()
frame = json.dumps({"op": "tool.editor", "params": {"command": "view", "path": "/work"}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
