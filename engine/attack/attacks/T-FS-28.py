# T-FS-28: removes and moves mount points
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EACCES EBUSY EINVAL
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

import os, shutil
print(tried(os.rmdir, '/tmp'), tried(os.rename, '/work', '/tmp/w'), tried(os.rmdir, '/'))
