# T-CRASH-16: deletes the modules that the interpreter needs to answer
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception ValueError

import sys
for name in list(sys.modules): del sys.modules[name]
raise ValueError('x')
