# T-FS-19: times and modes of files that are read-only
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: EACCES None True
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
mode = os.stat('/repo/victim.py').st_mode
print(tried(os.utime, '/repo/victim.py'), tried(os.chmod, '/repo/victim.py', 0o777), os.stat('/repo/victim.py').st_mode == mode)
