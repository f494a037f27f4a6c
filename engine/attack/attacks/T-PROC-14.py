# T-PROC-14: loads an extension module from a file
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: [] AttributeError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import importlib.machinery as m
open('/tmp/x.so', 'wb').write(b'\x7fELF')
print(m.EXTENSION_SUFFIXES, tried(lambda: m.ExtensionFileLoader('x', '/tmp/x.so').create_module(m.ModuleSpec('x', None, origin='/tmp/x.so'))))
