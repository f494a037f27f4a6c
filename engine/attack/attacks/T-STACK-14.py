# T-STACK-14: compiles a hundred nested conditions
# held by: engine/sandbox/src/engine.rs
# ends: completed
# prints: IndentationError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

source = ''.join('  ' * n + 'if 1:\n' for n in range(101)) + '  ' * 101 + 'pass'
print(tried(compile, source, 'x', 'exec'))
