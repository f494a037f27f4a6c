# T-FS-07: names and paths that are too long
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ENAMETOOLONG ENAMETOOLONG ENAMETOOLONG

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(tried(open, '/tmp/' + 'x' * 256, 'w'), tried(open, '/tmp/' + 'x' * 5000, 'w'), tried(open, '/' + 'x/' * 3000, 'w'))
