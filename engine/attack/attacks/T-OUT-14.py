# T-OUT-14: leaves with the code -1
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exit 255

import sys
sys.exit(-1)
