# T-PROC-07: fetches a page
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: AttributeError URLError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import urllib.request
print(tried(urllib.request.urlopen, 'http://127.0.0.1/'), tried(urllib.request.urlopen, 'file:///etc/passwd'))
