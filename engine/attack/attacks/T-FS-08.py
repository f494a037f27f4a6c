# T-FS-08: a name that is no UTF-8
# held by: engine/sandbox/src/wasi/mod.rs
# ends: completed
# prints: EILSEQ

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
print(tried(os.open, b'/tmp/\xff\xfe', os.O_CREAT | os.O_WRONLY))
