# T-CRASH-20: frees a view while it is in use
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: BufferError None None

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

x = bytearray(8)
view = memoryview(x)
print(tried(x.extend, b'y'), tried(view.release), tried(x.extend, b'y'))
