# T-STACK-17: a chain of exceptions without end, printed
# held by: python-runtime/recipe/entry/bootstrap.py
# limits: fuel=5_000_000_000
# ends: exception ValueError

error = None
for i in range(3_000):
    new = ValueError(i)
    new.__cause__ = error
    error = new
raise error
