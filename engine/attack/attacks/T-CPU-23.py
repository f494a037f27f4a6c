# T-CPU-23: three thousand nested quantifiers
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: True

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import re

pattern = "(?:" * 3000 + "a" + ")*" * 3000
print(tried(re.compile, pattern) in ("RecursionError", "MemoryError"))
