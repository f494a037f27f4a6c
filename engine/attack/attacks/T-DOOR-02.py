# T-DOOR-02: frames that are no requests
# held by: engine/sandbox/src/door.rs
# ends: completed
# prints: {'invalid'}

import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


frames = [b'', b'{', b'[]', b'null', b'{}', b'{"op": 1}', b'{"op": "echo", "params": []}', b'\xff', b'{"op": NaN}', b'{"op": "echo"} x']
print({send(frame)['error']['kind'] for frame in frames})
