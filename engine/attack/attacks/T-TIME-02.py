# T-TIME-02: waits in select for a day
# held by: engine/sandbox/src/wasi/clock.rs
# ends: completed
# prints: ([], [], [])
# prints: 86400

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
print(tried(select.select, [], [], [], 86_400))
print(int(time.monotonic()))
