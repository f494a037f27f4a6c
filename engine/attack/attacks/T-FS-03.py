# T-FS-03: climbs from another working folder
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: VALUE = 1 EPERM /repo/data

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os
os.chdir('/repo/data')
print(open('../victim.py').read().strip(), tried(open, '../../../etc/passwd'), os.getcwd())
