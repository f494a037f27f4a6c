"""Values of expressions as JSON, and their comparison. Runs where values are recorded and in the guest.

A value is a text, a number, a list, or an object with `type` and what belongs to it. Numbers of floating point are written in hexadecimal.
"""
import warnings

import numpy as np


def plain(value):
    """The value as JSON, without loss."""
    if isinstance(value, (bool, np.bool_)):
        return {"type": type(value).__name__, "is": str(bool(value))}
    if isinstance(value, (int, np.integer)):
        return {"type": type(value).__name__, "is": str(int(value))}
    if isinstance(value, (float, np.floating)):
        return {"type": type(value).__name__, "is": float(value).hex()}
    if isinstance(value, (complex, np.complexfloating)):
        return {"type": type(value).__name__, "is": [float(value.real).hex(), float(value.imag).hex()]}
    if isinstance(value, np.ma.MaskedArray):
        return {"type": "masked", "mask": plain(np.ma.getmaskarray(value)), "is": plain(value.filled(0))}
    if isinstance(value, np.ndarray):
        items = [plain(item)["is"] if not isinstance(item, (str, bytes, tuple)) else repr(item) for item in value.ravel().tolist()] \
            if value.dtype.kind in "biufcUSV" else [repr(item) for item in value.ravel().tolist()]
        return {"type": "array", "dtype": value.dtype.str if value.dtype.names is None else str(value.dtype.descr), "shape": list(value.shape), "is": items}
    if isinstance(value, (list, tuple)):
        return {"type": type(value).__name__, "is": [plain(item) for item in value]}
    if isinstance(value, dict):
        return {"type": "dict", "is": [[plain(key), plain(item)] for key, item in sorted(value.items())]}
    return repr(value)


def of(expression, prelude=()):
    """What an expression (or, after semicolons, the last of several statements) gives: its value, its exception, its warnings."""
    names = {"np": np}
    try:
        exec("\n".join(prelude), names)
    except ImportError as error:
        return {"type": "exception", "is": f"ImportError: {error}"}
    *statements, last = [part.strip() for part in expression.split(";;")]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            for statement in statements:
                exec(statement, names)
            value = plain(eval(last, names))
        except Exception as error:
            value = {"type": "exception", "is": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}
    if warned:
        value = {"value": value, "warnings": [f"{one.category.__name__}: {one.message}" for one in warned]}
    return value


def is_number(text):
    return isinstance(text, str) and (text.startswith(("0x", "-0x")) or text in ("inf", "-inf", "nan"))


def same(a, b, tolerance):
    """Whether two values are the same but for floating-point numbers, which may differ by `tolerance` of the greatest one."""
    if is_number(a) and is_number(b):
        x, y = float.fromhex(a), float.fromhex(b)
        return x == y or (x != x and y != y) or abs(x - y) <= tolerance * max(abs(x), abs(y), 1e-300)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) == len(b) and a and all(is_number(item) for item in (*a, *b)):
            return close(a, b, tolerance)
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b))
    return a == b


def close(a, b, tolerance):
    xs, ys = [float.fromhex(item) for item in a], [float.fromhex(item) for item in b]
    finite = [abs(x) for x in xs if abs(x) < float("inf")]
    bound = tolerance * max(finite, default=0.0)
    return all(x == y or (x != x and y != y) or abs(x - y) <= bound for x, y in zip(xs, ys))
