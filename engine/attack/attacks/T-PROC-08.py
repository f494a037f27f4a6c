# T-PROC-08: an alarm and handlers of signals
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: False False True

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import signal
print(hasattr(signal, 'alarm'), hasattr(signal, 'setitimer'), tried(signal.signal, signal.SIGTERM, lambda *a: None) is not None)
