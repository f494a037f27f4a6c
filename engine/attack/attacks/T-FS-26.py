# T-FS-26: climbs out of an open folder
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: EPERM True

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
fd = os.open('/tmp', os.O_RDONLY)
print(tried(lambda: os.open('../repo/victim.py', os.O_RDONLY, dir_fd=fd)), tried(lambda: os.open('/repo/victim.py', os.O_RDONLY, dir_fd=fd)) != 'x')
