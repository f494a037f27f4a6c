# T-FS-01: reads a file of the host by its absolute path
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT

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
print(tried(open, os.environ['HOST_FILE']), tried(open, '/etc/passwd'), tried(open, '/etc/shadow'))
