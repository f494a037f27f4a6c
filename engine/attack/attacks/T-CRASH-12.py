# T-CRASH-12: packs beyond the end of a buffer
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: error error

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import struct
print(tried(struct.pack_into, 'Q', bytearray(8), 4, 1), tried(struct.unpack_from, 'Q', b'12345678', -9))
