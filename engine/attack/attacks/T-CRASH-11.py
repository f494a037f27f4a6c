# T-CRASH-11: changes the class of an instance to one of another layout
# held by: python-runtime/recipe/native.sh
# ends: completed
# prints: TypeError TypeError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

class A: pass


class B(int): pass


print(tried(setattr, A(), '__class__', B), tried(setattr, 1, '__class__', A))
