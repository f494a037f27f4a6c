"""Values of calls and sessions that may hold arrays of numpy: JSON, in which an object has one key, its kind.

    d dictionary {key: value}      a array [type, shape, bytes]      n number of numpy [type, bytes]

The bytes are in base64, in C order. Everything else is what it is in JSON.
"""

import importlib

import hyperspace_arrays as arrays


def call(module, function, args):
    """Calls a function with the values of encodings; the encoding of what it returns."""
    target = importlib.import_module(module)
    for part in function.split("."):
        target = getattr(target, part)
    return encoded(target(*[decoded(arg) for arg in args]))


def execute(code, variables, tools):
    """As `hyperspace_session.execute`, with encodings of variables and of the value."""
    import hyperspace_session as session

    session.encoded = encoded
    return session.execute(code, {name: decoded(value) for name, value in variables.items()}, tools)


def encoded(value):
    """The encoding of a value. What is no data is left as it is: the reader of results says what it is, and where."""
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {"d": {key: encoded(item) for key, item in value.items()}}
    try:
        found = arrays.encoded(value)
    except ValueError as error:
        raise ValueError(f"{error} cannot leave its guest; return numbers, texts or arrays of them") from None
    return value if found is None else found


def decoded(value):
    """The value of an encoding."""
    if type(value) is list:
        return [decoded(item) for item in value]
    if type(value) is not dict:
        return value
    ((kind, body),) = value.items()
    return KINDS[kind](body)


def _dictionary(body):
    return {key: decoded(item) for key, item in body.items()}


KINDS = {"d": _dictionary, "a": arrays.array, "n": arrays.number}
