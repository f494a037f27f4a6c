# T-PROC-15: modules that reach into the host of other sandboxes
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError ModuleNotFoundError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(*(tried(__import__, m) for m in ('js', 'pyodide', '_bashkit', 'bashkit', 'wasi', 'componentize_py', '_wasmtime')))
