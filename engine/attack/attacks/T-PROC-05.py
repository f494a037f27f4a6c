# T-PROC-05: a socket
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: ENOTSUP AttributeError AttributeError ENOTSUP

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
print(tried(socket.socket), tried(socket.create_connection, ('127.0.0.1', 80)), tried(socket.getaddrinfo, 'localhost', 80), tried(socket.socketpair))
