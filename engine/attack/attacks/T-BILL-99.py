# T-BILL-99: replaces one of the overlapping places of 512 in 1024 bytes
# held by: engine/tools/src/editor/text.rs
# ends: out-of-fuel
# changes: 1
# with: tools
# limits: fuel=200_000_000 host_calls=1_000_000

import json, _hyperspace
with open("/work/lib/a.txt", "w") as f: f.write("a" * 1024)
frame = json.dumps({"op": "tool.editor", "params": {"command": "str_replace", "path": "/work/lib/a.txt", "old_str": "a" * 512, "new_str": ""}}, ensure_ascii=False).encode()
assert len(frame) <= 1 << 20, len(frame)
while True:
    _hyperspace.send(frame)
