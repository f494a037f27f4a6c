# T-CRASH-17: breaks the printing of its own exception
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception Bad

class Bad(Exception):
    def __str__(self): raise self
    __repr__ = __str__


raise Bad
