# T-CRASH-10: clears the frame that called it
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: RuntimeError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import sys
print(tried(sys._getframe().clear))
