# T-OUT-13: leaves with the code 77
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exit 77

import sys
sys.exit(77)
