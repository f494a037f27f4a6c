# T-CPU-13: a billion laughs
# held by: python-runtime/recipe/native.sh
# limits: fuel=6_000_000_000
# ends: completed
# prints: ParseError

def tried(action, *args):
    """What comes of it, in a word: the value, or the name of the error with its number."""
    try:
        return action(*args)
    except OSError as error:
        import errno
        return errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

import xml.etree.ElementTree as tree

entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
text = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x>&l9;</x>'
print(tried(tree.fromstring, text))
