# T-FS-11: names that differ in case or normal form stay apart
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: 0 1 2 3 4

import os

for index, name in enumerate(["A", "a", "\u00e9", "e\u0301"]):
    open("/tmp/" + name, "w").write(str(index))
print(*(open("/tmp/" + name).read() for name in ["A", "a", "\u00e9", "e\u0301"]), len(os.listdir("/tmp")))
