# T-DOOR-08: a failing door tells nothing of the host
# held by: engine/sandbox/src/door.rs
# ends: completed
# prints: {'error': {'kind': 'failed', 'message': 'no'}}

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(send(b'{"op": "fail"}'))
