# T-QUOTA-10: writes at the last byte of the quota and behind it
# held by: engine/sandbox/src/markfs/quota.rs
# limits: file_bytes=1_024
# ends: completed
# prints: 1 EFBIG 1024

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
print(tried(os.pwrite, fd, b'x', 1023), tried(os.pwrite, fd, b'x', 1024), os.fstat(fd).st_size)
