# T-MEM-02: catches that it has no memory and goes on
# held by: engine/sandbox/src/host/limiter.rs
# ends: completed
# prints: MemoryError
# prints: 1048576

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

print(tried(bytearray, 1 << 30))
print(len(bytearray(1 << 20)))
