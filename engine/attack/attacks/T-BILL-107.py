# T-BILL-107: shows a file of 15728640 empty lines
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# changes: 1
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
with open("/work/lib/a.txt", "w") as f: f.write("\n" * 15728640)
frame = json.dumps({"op": "tool.editor", "params": {"command": "view", "path": "/work/lib/a.txt"}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
