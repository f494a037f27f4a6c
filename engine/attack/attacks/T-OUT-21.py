# T-OUT-21: floods with its exception
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception ValueError

raise ValueError('x' * 2_000_000)
