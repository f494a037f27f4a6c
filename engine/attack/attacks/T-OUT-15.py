# T-OUT-15: leaves with the code 4096
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: completed

import sys
sys.exit(4096)
