# T-BILL-110: inserts a line into the middle of eight million
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# changes: 1
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
with open("/work/lib/a.txt", "w") as f: f.write("\n" * (7 << 20))
frame = json.dumps({"op": "tool.editor", "params": {"command": "insert", "path": "/work/lib/a.txt", "insert_line": 1_000_000, "new_str": "x"}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
