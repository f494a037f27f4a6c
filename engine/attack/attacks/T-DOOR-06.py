# T-DOOR-06: the same key twice
# held by: engine/sandbox/src/door.rs
# ends: completed
# prints: denied {'ok': {}}
# refusals: 1

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(send(b'{"op": "echo", "op": "secret"}')['error']['kind'], send(b'{"op": "secret", "op": "echo"}'))
