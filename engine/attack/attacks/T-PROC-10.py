# T-PROC-10: pipes, terminals and queues
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: []

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
print([name for name in ('pipe', 'openpty', 'mkfifo', 'memfd_create', 'eventfd') if hasattr(os, name)])
