# T-FS-06: a NUL in a path
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ValueError ValueError ValueError

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
print(tried(open, '/tmp/a\0b', 'w'), tried(os.mkdir, 'a\0'), tried(os.stat, b'\0'))
