# T-HOST-03: lists and measures a folder of the host
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT [] [] False

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import glob, os
folder = os.environ['HOST_FOLDER']
print(tried(os.listdir, folder), tried(os.stat, folder), tried(os.scandir, folder), glob.glob(folder + '/*'), list(os.walk(folder)), os.path.lexists(folder))
