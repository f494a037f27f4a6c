# T-PROC-02: starts threads in every way there is
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: RuntimeError RuntimeError RuntimeError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import _thread, threading, concurrent.futures as f
print(tried(threading.Thread(target=print).start), tried(_thread.start_new_thread, print, ()), tried(f.ThreadPoolExecutor().submit, print))
