# T-FS-23: keeps a file open and has it renamed to a name that it may not write
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EACCES
# prints: fixed
# refusals: 1
# changes: 1

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
fd = os.open('/work/free.txt', os.O_RDWR)
print(tried(os.rename, '/work/free.txt', '/work/fixed.txt'))
os.write(fd, b'mine')
print(open('/work/fixed.txt').read().strip())
