# T-MEM-16: a view of memory beyond its end
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: IndexError IndexError IndexError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

view = memoryview(bytearray(16))
print(tried(lambda: view[16]), tried(lambda: view.cast('Q')[2]), tried(view.__setitem__, 1 << 40, 1))
