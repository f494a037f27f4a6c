# T-QUOTA-14: a limit on descriptors, exactly
# held by: engine/sandbox/src/markfs/open.rs
# limits: descriptors=7
# ends: completed
# prints: [4, 5, 6, 'EMFILE']

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
print([tried(os.open, '/repo/victim.py', os.O_RDONLY) for i in range(4)])
