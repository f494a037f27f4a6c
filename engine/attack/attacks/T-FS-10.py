# T-FS-10: names with control characters
# held by: engine/sandbox/src/markfs/mod.rs
# ends: completed
# prints: EINVAL EINVAL EINVAL EINVAL EINVAL

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(*(tried(open, '/tmp/' + n, 'w') for n in ('a\nb', '\x1b[2J', '\x7f', 'a\\b', '\r')))
