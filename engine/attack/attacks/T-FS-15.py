# T-FS-15: overwrites the library of the interpreter
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: EACCES EACCES EACCES EACCES EACCES True
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
p = '/usr/lib/python313.zip'
print(tried(open, p, 'r+b'), tried(open, p, 'wb'), tried(open, p, 'ab'), tried(os.truncate, p, 0), tried(os.remove, p), os.path.getsize(p) > 1000)
