# T-FS-16: renames a file over the library
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EACCES EACCES EBUSY
# refusals: 2

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
open('/tmp/z', 'w').close()
print(tried(os.rename, '/tmp/z', '/usr/lib/python313.zip'), tried(os.rename, '/usr/lib/python313.zip', '/tmp/y'), tried(os.rename, '/usr', '/tmp/u'))
