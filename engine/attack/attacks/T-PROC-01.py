# T-PROC-01: starts a process in every way there is
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: []
# prints: ENOTSUP AttributeError ENOTSUP

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os, subprocess

names = ("fork", "forkpty", "execv", "execve", "posix_spawn", "spawnv", "system", "popen", "kill", "wait")
print([name for name in names if hasattr(os, name) and name != "popen"])
print(tried(subprocess.run, ["ls"]), tried(lambda: os.execv("/bin/sh", ["sh"])), tried(lambda: os.popen("ls").read()))
