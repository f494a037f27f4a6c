# T-FS-22: moves a folder out of its scope, file by file
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EACCES EACCES ['fixed.txt', 'free.txt', 'lib']
# refusals: 2
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
os.mkdir('/work/lib/d')
open('/work/lib/d/x', 'w').close()
print(tried(os.rename, '/work/lib/d', '/work/d'), tried(os.rename, '/work/lib', '/work/bil'), sorted(os.listdir('/work')))
