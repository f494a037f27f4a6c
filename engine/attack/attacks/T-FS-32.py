# T-FS-32: byte code in a cache folder of its own
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: True False
# prints: 1 False

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os, sys
print(sys.dont_write_bytecode, os.path.exists('/repo/__pycache__'))
import victim
print(victim.VALUE, os.path.exists('/repo/__pycache__'))
