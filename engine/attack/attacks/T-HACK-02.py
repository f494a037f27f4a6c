# T-HACK-02: returns NaN
# as: agent of rows
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception: ValueError: a result must be JSON: result is the number nan

def f(x): return float('nan')
