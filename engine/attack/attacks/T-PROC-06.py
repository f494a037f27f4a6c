# T-PROC-06: a socket from a descriptor that is none
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: ENOTSOCK ENOTSOCK ENOTSOCK EBADF

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import socket
print(*(tried(lambda: socket.socket(fileno=fd).accept()) for fd in (0, 1, 3, 9)))
