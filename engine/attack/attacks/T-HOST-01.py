# T-HOST-01: reads a secret that is planted on the host, by every spelling of its path
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT ENOENT EPERM EPERM

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
folder = os.environ['HOST_FOLDER']
names = [folder + '/secret.txt', '/' + folder + '/./secret.txt', folder + '//vault/../secret.txt', folder + '/secret.txt/',
         '/../..' + folder + '/secret.txt', '../../../..' + folder + '/secret.txt']
print(*(tried(lambda: open(name).read()) for name in names))
