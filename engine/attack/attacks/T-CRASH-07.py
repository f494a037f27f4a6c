# T-CRASH-07: garbage for marshal
# held by: python-runtime/recipe/native.sh
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

import marshal, random

stream = random.Random(3)
seen = {str(tried(marshal.loads, stream.randbytes(40))) for _ in range(2000)}
print({"EOFError", "ValueError"} <= seen)
