# T-DOOR-04: an answer that is too large
# held by: engine/sandbox/src/host/host_call.rs
# ends: completed
# prints: exhausted

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(send(b'{"op": "large"}')['error']['kind'])
