# T-FS-25: uses a folder as a file and a file as a folder
# held by: engine/sandbox/src/markfs/open.rs
# ends: completed
# prints: EISDIR ENOTDIR ENOTDIR EISDIR EISDIR

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
fd = os.open('/repo', os.O_RDONLY)
print(tried(os.read, fd, 1), tried(open, '/repo/victim.py/x'), tried(os.rmdir, '/repo/victim.py'), tried(os.remove, '/tmp'), tried(os.lseek, fd, 0, 0))
