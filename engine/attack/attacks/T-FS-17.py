# T-FS-17: writes to folders that are read-only
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: EACCES EACCES EACCES EACCES EACCES EACCES
# refusals: 6

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
print(*(tried(open, p, 'w') for p in ('/repo/new', '/repo/victim.py', '/sdk/hyperspace/door.py', '/x')), tried(os.mkdir, '/repo/d'), tried(os.rmdir, '/repo/data'))
