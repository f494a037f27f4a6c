# T-DOOR-07: an operation with the name of a granted one and more
# held by: engine/sandbox/src/host/host_call.rs
# ends: completed
# prints: denied denied denied denied denied
# refusals: 5

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


print(*(send(json.dumps({'op': op}).encode())['error']['kind'] for op in ('echo ', 'ECHO', 'echo\0', 'echo/../secret', 'e\u0301cho')))
