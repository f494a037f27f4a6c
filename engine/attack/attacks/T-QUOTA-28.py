# T-QUOTA-28: writes thousands of buffers in one call
# held by: engine/sandbox/src/limits.rs
# ends: completed
# prints: *

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
fd = os.open('/tmp/x', os.O_CREAT | os.O_RDWR)
for count in (1, 1_024, 1_025, 100_000):
    print(count, tried(os.writev, fd, [b'x'] * count) if hasattr(os, 'writev') else 'absent')
print(os.fstat(fd).st_size)
