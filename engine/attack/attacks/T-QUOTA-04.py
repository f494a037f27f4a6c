# T-QUOTA-04: a folder in a folder in a folder
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: 32 ENAMETOOLONG

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
p, n = '/tmp', 0
while tried(os.mkdir, p + '/d') is None:
    p, n = p + '/d', n + 1
print(n, tried(os.mkdir, p + '/d'))
