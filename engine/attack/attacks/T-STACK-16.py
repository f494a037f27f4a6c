# T-STACK-16: a type whose bases are hundreds deep
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: 101 False

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

k = object
for i in range(100): k = type('K', (k,), {})
print(len(k.__mro__), tried(isinstance, 1, k))
