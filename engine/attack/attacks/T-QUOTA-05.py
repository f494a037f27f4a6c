# T-QUOTA-05: opens files until none are left
# held by: engine/sandbox/src/markfs/open.rs
# ends: completed
# prints: 60 EMFILE

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
n = 0
while isinstance(tried(os.open, '/repo/victim.py', os.O_RDONLY), int): n += 1
print(n, tried(os.open, '/repo/victim.py', os.O_RDONLY))
