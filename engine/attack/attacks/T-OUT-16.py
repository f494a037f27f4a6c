# T-OUT-16: leaves with the code 300
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exit 44

import sys
sys.exit(300)
