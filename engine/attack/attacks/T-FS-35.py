# T-FS-35: copies the whole tree into its scratch folder
# held by: engine/sandbox/src/markfs/quota.rs
# ends: completed
# prints: /tmp/copy /tmp/z

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import shutil
print(tried(shutil.copytree, '/repo', '/tmp/copy'), tried(shutil.copy, '/usr/lib/python313.zip', '/tmp/z'))
