# T-QUOTA-09: writes at an enormous offset
# held by: engine/sandbox/src/markfs/quota.rs
# ends: completed
# prints: EFBIG 9223372036854775807 EFBIG 0

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
print(tried(os.pwrite, fd, b'x', 1 << 62), tried(os.lseek, fd, (1 << 63) - 1, 0), tried(os.write, fd, b'xx'), os.fstat(fd).st_size)
