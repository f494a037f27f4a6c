# T-PROC-03: starts processes by pool
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: AttributeError NotImplementedError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(tried(lambda: __import__('multiprocessing').Pool(2)), tried(lambda: __import__('concurrent.futures').futures.ProcessPoolExecutor()))
