# T-STACK-09: a hundred thousand brackets
# held by: engine/sandbox/src/engine.rs
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

print(tried(eval, '(' * 100_000) in ('MemoryError', 'SyntaxError'))
