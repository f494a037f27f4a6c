"""JSON: writing and reading nested documents."""

import json

document = {
    "agents": [
        {"id": index, "name": f"agent {index}", "score": index / 7, "tags": ["a", "b\n", "\u00e9"], "parent": None}
        for index in range(500)
    ],
    "settings": {"depth": 3, "exact": True, "notes": "x" * 2_000},
}

total = 0
for _ in range(200):
    text = json.dumps(document, sort_keys=True)
    again = json.loads(text)
    total += len(text) + len(again["agents"])
assert again == document
print(total)
