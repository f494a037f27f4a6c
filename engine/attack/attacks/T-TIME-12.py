# T-TIME-12: draws 128 MB of randomness in one call
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: 134217728

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
print(tried(lambda: len(os.urandom(128 << 20))))
