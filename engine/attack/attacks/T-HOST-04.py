# T-HOST-04: imports modules that are planted on the host
# held by: engine/sandbox/src/markfs/lookup.rs
# ends: completed
# prints: ModuleNotFoundError ENOENT True False

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import os, sys
folder = os.environ['HOST_FOLDER']
sys.path.insert(0, folder)
import json, runpy, site
site.addsitedir(folder)
print(tried(__import__, 'planted_module'), tried(runpy.run_path, folder + '/planted_module.py'), hasattr(json, 'loads'), 'sitecustomize' in sys.modules)
