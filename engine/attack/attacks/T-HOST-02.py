# T-HOST-02: follows links that the host has planted
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT ENOENT True

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
names = ('/to-secret', '/to-vault/secret.txt', '/to-root/etc/passwd')
print(*(tried(lambda: open(folder + name).read()) for name in names),
      tried(os.readlink, folder + '/to-vault'), os.path.realpath(folder + '/to-vault') == folder + '/to-vault')
