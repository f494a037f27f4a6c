# T-FS-37: a link that leads to itself, and one that leads out relatively
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: EPERM EPERM EPERM ENOENT []

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
print(tried(os.symlink, 'loop', '/tmp/loop'), tried(os.symlink, '../../../etc', '/tmp/out'), tried(os.symlink, '/tmp', '/tmp/self', True), tried(open, '/tmp/loop/x'), os.listdir('/tmp'))
