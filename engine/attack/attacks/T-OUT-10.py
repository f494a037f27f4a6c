# T-OUT-10: closes standard output
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed
# prints: before

import sys
print('before')
sys.stdout.close()
