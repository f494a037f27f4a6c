"""numpy arrays as values of guests: their type, shape and bytes, in the encoding of the guest's `hyperspace_values`.

What a guest returns may be hostile: types must be those of plain data, and sizes must fit. numpy is used if it is installed;
without it, an array is an `Array`.
"""

from __future__ import annotations

import base64
import re
import sys
from dataclasses import dataclass
from typing import Any

from hyperspace._hyperspace import UsageError

_TYPES = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|S\d{1,7}|U\d{1,7}|[mM]8(?:\[[a-zA-Z0-9]{1,12}\])?)")
_DIMENSIONS_MAX = 32
# Numbers whose form in a guest differs from that of the host's processor: quadruple precision.
_OTHER_HERE = ("f16", "c32")
_LETTER_MAX = 0x10FFFF


@dataclass(frozen=True)
class Array:
    """A numpy array on a host without numpy, or one whose numbers have another form on the host: those of `numpy.longdouble`."""

    dtype: str
    """Its type, such as `<f8`."""
    shape: tuple[int, ...]
    data: bytes
    """Its bytes, in C order."""


def has_arrays(value: Any) -> bool:
    """Returns true if a value is or contains a numpy array or number."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)) or isinstance(value, Array):
        return True
    if isinstance(value, dict):
        return any(map(has_arrays, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_arrays, value))


def encoded(value: Any) -> Any:
    """Returns the encoding of a value. Anything that is not data is left unchanged, for the JSON writer to refuse."""
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {"d": {key: encoded(item) for key, item in value.items()}}
    if isinstance(value, Array):
        return {"a": _parts(value)}
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        return value
    kind = value.dtype.str
    if not _TYPES.fullmatch(kind):
        raise UsageError(f"an array of {value.dtype} cannot cross into a guest; arrays of numbers, texts and times can")
    if kind[1:] in _OTHER_HERE:
        raise UsageError(f"numbers of {value.dtype} have another form in a guest; give it `.astype(\"{kind[1]}{int(kind[2:]) // 2}\")`")
    if type(value).__module__.startswith("numpy.ma"):
        raise UsageError("a masked array cannot cross into a guest; give it `.filled(…)`, or its `.data` and its `.mask`")
    if value.ndim > _DIMENSIONS_MAX:
        raise UsageError(f"an array of {value.ndim} dimensions cannot cross into a guest; one of {_DIMENSIONS_MAX} can")
    data = base64.b64encode(value.tobytes()).decode("ascii")
    return {"n": [kind, data]} if isinstance(value, numpy.generic) else {"a": [kind, list(value.shape), data]}


def _parts(array: Array) -> list[Any]:
    kind, shape, data = array.dtype, array.shape, array.data
    if not isinstance(kind, str) or not isinstance(shape, (tuple, list)) or not isinstance(data, (bytes, bytearray, memoryview)):
        raise UsageError("Array: expected the text of a type, a tuple of sizes, and bytes")
    return [kind, list(shape), base64.b64encode(data).decode("ascii")]


def decoded(value: Any) -> Any:
    """Returns the value of an encoding. Anything that is not an encoding must come from the guest, and is left unchanged."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, body),) = value.items()
    if kind == "d" and isinstance(body, dict):
        return {key: decoded(item) for key, item in body.items()}
    try:
        if kind == "a":
            dtype, shape, data = body
            return _array(dtype, shape, data)
        if kind == "n":
            dtype, data = body
            found = _array(dtype, [], data)
            return found if isinstance(found, Array) else found[()]
    except (TypeError, ValueError):
        pass
    return value


def _array(dtype: Any, shape: Any, data: Any) -> Any:
    """Returns the array with these properties, which owns its bytes; raises ValueError if they are not those of an array."""
    if not isinstance(dtype, str) or not _TYPES.fullmatch(dtype) or not isinstance(data, str):
        raise ValueError("no type of arrays")
    sizes = isinstance(shape, list) and len(shape) <= _DIMENSIONS_MAX and all(type(size) is int and size >= 0 for size in shape)
    if not sizes:
        raise ValueError("no shape")
    content = base64.b64decode(data, validate=True)
    count = 1
    for size in shape:
        count *= size
    try:
        import numpy
    except ImportError:
        return Array(dtype, tuple(shape), content)
    if dtype[1:] in _OTHER_HERE:
        return Array(dtype, tuple(shape), content)
    made = numpy.dtype(dtype)
    if count * made.itemsize != len(content):
        raise ValueError("the bytes do not fit the shape")
    if made.kind == "b":
        return (numpy.frombuffer(content, "u1") != 0).reshape(shape)
    if not content:
        return numpy.empty(shape, made)
    if made.kind == "U" and numpy.frombuffer(content, (">" if dtype[0] == ">" else "<") + "u4").max() > _LETTER_MAX:
        raise ValueError("no text")
    return numpy.frombuffer(content, made).reshape(shape).copy()
