def f(*args:
