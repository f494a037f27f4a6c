# T-OUT-17: leaves with words
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exit 1

raise SystemExit('all tests passed')
