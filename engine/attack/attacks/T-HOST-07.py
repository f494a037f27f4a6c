# T-HOST-07: asks the kernel of the host for files through processes and descriptors
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENOENT
# prints: ENOENT
# prints: ENOENT
# prints: ENOENT
# prints: ENOENT
# prints: ENOENT
# prints: ENOENT
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

for name in ('/proc/self/environ', '/proc/self/cwd/secret.txt', '/proc/1/root/etc/passwd', '/proc/self/fd/0', '/dev/fd/0', '/dev/stdin',
             '/dev/shm', '/run/secrets'):
    print(tried(open, name))
