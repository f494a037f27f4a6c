# T-PROC-11: asks who and where it is
# held by: engine/sandbox/src/job/mod.rs
# ends: completed
# prints: 42 wasi wasm32 (none) True 1 OSError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os, platform, sys
print(tried(os.getpid), sys.platform, platform.machine(), tried(platform.node), sys.executable == '', tried(os.cpu_count), tried(lambda: __import__('getpass').getuser()))
