# T-FS-36: a loader that reads from outside
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import importlib.util
spec = importlib.util.spec_from_file_location('p', '/etc/passwd.py')
print(tried(spec.loader.exec_module, importlib.util.module_from_spec(spec)))
