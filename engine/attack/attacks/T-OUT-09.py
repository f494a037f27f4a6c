# T-OUT-09: replaces standard output
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed
# prints: before

import io, sys
print('before', flush=True)
sys.stdout = io.StringIO()
print('score: 1.0')
