# T-FS-27: an open folder whose parents are gone and whose place was taken
# held by: engine/sandbox/src/markfs/change.rs
# ends: completed
# prints: ENOENT ENOENT ENOENT
# changes: 1

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

os.makedirs("/tmp/a/b/c")
deep = os.open("/tmp/a/b/c", os.O_RDONLY)
for path in ("/tmp/a/b/c", "/tmp/a/b", "/tmp/a"):
    os.rmdir(path)
open("/work/lib/new.py", "w").close()
results = [
    tried(lambda: os.utime(".", dir_fd=deep)),
    tried(lambda: os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=deep)),
    tried(lambda: os.mkdir("x", dir_fd=deep)),
]
print(*results)
