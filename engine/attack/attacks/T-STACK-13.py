# T-STACK-13: sorts by a key that sorts
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: [1] RecursionError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__



def key(x): return sorted([x], key=key)


print(tried(sorted, [1], ) , tried(key, 1))
