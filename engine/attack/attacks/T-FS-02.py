# T-FS-02: climbs above the root
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: EPERM EPERM EPERM

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(tried(open, '/../../../etc/passwd'), tried(open, '../' * 40 + 'etc/passwd'), tried(open, '/tmp/../../etc/passwd'))
