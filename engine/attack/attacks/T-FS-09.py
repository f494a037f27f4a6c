# T-FS-09: odd but legal names
# held by: engine/sandbox/src/markfs/mod.rs
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

import os

names = ["-rf", "C:", "a b ", "\u202egnp.exe", "con", "...", "~", "$HOME", "%2e%2e", "\U0001f40d"]
for name in names:
    open("/tmp/" + name, "w").close()
print(sorted(os.listdir("/tmp")) == sorted(names))
