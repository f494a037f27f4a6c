# T-FS-13: makes a hard link
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: EPERM EINVAL

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
print(tried(os.link, '/repo/victim.py', '/tmp/l'), tried(os.readlink, '/repo/victim.py'))
