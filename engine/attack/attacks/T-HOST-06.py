# T-HOST-06: looks while the host swaps a folder for a link under its eyes
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: []

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import hyperspace, os
folder, seen = os.environ['HOST_FOLDER'], []
for attempt in range(20):
    hyperspace.call('swap')
    for name in ('/to-vault/secret.txt', '/vault/secret.txt', '/other/secret.txt', '/to-vault'):
        found = tried(open, folder + name)
        if found != 'ENOENT':
            seen.append(found)
print(seen)
