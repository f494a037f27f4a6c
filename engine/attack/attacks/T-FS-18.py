# T-FS-18: truncates by the flags of open
# held by: engine/sandbox/src/markfs/open.rs
# ends: completed
# prints: EACCES VALUE = 1
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
print(tried(os.open, '/repo/victim.py', os.O_RDONLY | os.O_TRUNC), open('/repo/victim.py').read().strip())
