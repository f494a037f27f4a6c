# T-HACK-08: returns a list that holds itself
# as: agent of rows
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception: ValueError: Circular reference detected

def f(x):
    a = []
    a.append(a)
    return a
