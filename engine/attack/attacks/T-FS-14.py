# T-FS-14: moves a file out of its mount
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EXDEV EACCES EBUSY
# refusals: 1

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
open('/tmp/x', 'w').close()
print(tried(os.rename, '/tmp/x', '/work/lib/x'), tried(os.rename, '/tmp/x', '/x'), tried(os.rename, '/tmp', '/work/lib/t'))
