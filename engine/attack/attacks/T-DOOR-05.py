# T-DOOR-05: a request nested deeper than the host reads
# held by: engine/sandbox/src/door.rs
# ends: completed
# prints: invalid

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(send(b'{"op": "echo", "params": {"x": ' + b'[' * 10_000 + b']' * 10_000 + b'}}')['error']['kind'])
