# T-DOOR-01: asks for what its grant does not name
# held by: engine/sandbox/src/host/host_call.rs
# ends: completed
# prints: denied denied denied
# refusals: 3

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(send(b'{"op": "secret"}')['error']['kind'], send(b'{"op": "env.step"}')['error']['kind'], send(b'{"op": ""}')['error']['kind'])
