# T-FS-04: the folders of a host kernel
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT ENOENT ENOENT ENOENT ENOENT
# prints: ['repo', 'sdk', 'tmp', 'usr', 'work']

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
print(*(tried(os.listdir, p) for p in ('/proc', '/sys', '/dev', '/proc/self/fd', '/etc', '/home', '/root')))
print(sorted(os.listdir('/')))
