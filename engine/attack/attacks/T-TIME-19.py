# T-TIME-19: waits for a thousand descriptors at once
# held by: engine/sandbox/src/limits.rs
# ends: completed
# prints: 65 ValueError True

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import select, time
before = time.monotonic()
fds = [1] * 1_000
print(tried(lambda: len(select.select(fds[:65], [], [], 1_000)[0])), tried(select.select, list(range(3)) * 400, list(range(3)) * 400, [], 1_000), time.monotonic() - before < 1)
