# T-FS-20: edits outside of its scope
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: EACCES EACCES EACCES EACCES EACCES
# refusals: 5

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
print(tried(open, '/work/fixed.txt', 'w'), tried(open, '/work/other', 'w'), tried(os.rename, '/work/fixed.txt', '/work/free.txt'), tried(os.remove, '/work/fixed.txt'), tried(os.mkdir, '/work/evil'))
