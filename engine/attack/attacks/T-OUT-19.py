# T-OUT-19: its errors tell nothing of the host
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed
# prints: []

import traceback

found = []
for action in (lambda: open("/nope"), lambda: __import__("nope"), lambda: (1).x, lambda: int("x"), lambda: bytearray(1 << 30)):
    try:
        action()
    except BaseException:
        text = traceback.format_exc().lower()
        found += [word for word in ("wasmtime", "rust", ".rs", "cargo", "/work", "/home", "/root", "wizer", "panick") if word in text]
print(found)
