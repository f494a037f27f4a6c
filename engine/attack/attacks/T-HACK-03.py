# T-HACK-03: returns an infinity
# as: agent of rows
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception: ValueError: a result must be JSON: result is the number -inf

def f(x): return float('-inf')
