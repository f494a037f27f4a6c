# T-FS-24: writes through a descriptor that was opened for reading
# held by: engine/sandbox/src/wasi/io.rs
# ends: completed
# prints: EBADF EBADF EINVAL EBADF

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os
fd = os.open('/repo/victim.py', os.O_RDONLY)
print(tried(os.write, fd, b'x'), tried(os.pwrite, fd, b'x', 0), tried(os.ftruncate, fd, 0), tried(os.read, os.open('/tmp/w', os.O_CREAT | os.O_WRONLY), 1))
