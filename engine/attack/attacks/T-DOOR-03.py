# T-DOOR-03: a request that is too large by one byte
# held by: engine/sandbox/src/host/host_call.rs
# ends: completed
# prints: True EMSGSIZE

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__
import _hyperspace, json


def send(frame):
    return json.loads(_hyperspace.send(frame))


head, tail = b'{"op": "echo", "params": {"x": "', b'"}}'
room = (1 << 20) - len(head) - len(tail)
print(len(send(head + b'x' * room + tail)['ok']['x']) == room, tried(send, head + b'x' * (room + 1) + tail))
