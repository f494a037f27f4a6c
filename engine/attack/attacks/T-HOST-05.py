# T-HOST-05: writes to a folder of the host
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT ENOENT ENOENT ENOENT

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os, shutil
folder = os.environ['HOST_FOLDER']
open('/tmp/x', 'w').write('x')
print(tried(open, folder + '/secret.txt', 'w'), tried(os.mkdir, folder + '/new'), tried(os.rename, '/tmp/x', folder + '/x'),
      tried(os.remove, folder + '/secret.txt'), tried(shutil.copy, '/tmp/x', folder + '/x'), tried(os.truncate, folder + '/secret.txt', 0))
