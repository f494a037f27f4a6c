# T-HACK-29: NaN among the priorities
# as: agent of cap-set
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception: ValueError: a result must be JSON: result[0] is the number nan

def f(element, n): return float('nan')
