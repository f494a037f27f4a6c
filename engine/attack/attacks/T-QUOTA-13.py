# T-QUOTA-13: exactly as many files as allowed, and one more
# held by: engine/sandbox/src/markfs/quota.rs
# limits: files=4
# ends: completed
# prints: [None, None, None, None, 'ENOSPC']

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
print([tried(os.mkdir, f'/tmp/{i}') for i in range(5)])
