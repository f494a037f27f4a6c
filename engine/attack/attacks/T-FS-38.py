# T-FS-38: attaches databases and loads extensions of the host
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(tried(__import__, '_sqlite3'), tried(__import__, '_gdbm'), tried(__import__, '_ctypes'))
