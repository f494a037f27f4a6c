# T-CRASH-15: replaces the root folder by a file
# held by: engine/sandbox/src/markfs/open.rs
# ends: completed
# prints: 3 ENOTDIR ENOTDIR

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

scratch = os.open("/tmp", os.O_RDONLY)
os.close(3)
print(os.open("x", os.O_CREAT | os.O_RDWR, dir_fd=scratch), tried(os.listdir, "/"), tried(open, "/repo/victim.py"))
