# T-STACK-07: compares deep lists
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: RecursionError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

a, b = [], []
for _ in range(100_000): a, b = [a], [b]
print(tried(lambda: a == b))
