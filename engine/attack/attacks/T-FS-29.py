# T-FS-29: a module of the library in its own folder
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed
# prints: /usr/lib/python313.zip/json/__init__.pyc [1]

import json, sys
print(json.__file__, json.dumps([1]))
