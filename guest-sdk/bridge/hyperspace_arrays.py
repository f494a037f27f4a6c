"""Arrays and numbers of numpy between two guests: their type, their shape, their bytes, and whether these are in columns.

Arrays of objects, of records and with a mask cross in parts, which are values and such arrays. What is decoded may be hostile: types are those
of plain data, and sizes must fit.
"""

import base64
import re
import sys

TYPES = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|S\d{1,7}|U\d{1,7}|[mM]8(?:\[[a-zA-Z0-9]{1,12}\])?)")
DIMENSIONS_MAX = 32
UNICODE_MAX = 0x10FFFF


def encoded(value, in_columns=False):
    """The encoding of an array or of a number of numpy; None for another value; ValueError for one that cannot cross. `in_columns`: an array whose
    bytes are in columns stays one."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        return None
    kind = value.dtype.str
    if not TYPES.fullmatch(kind):
        raise ValueError(f"an array of {value.dtype}")
    is_fortran = in_columns and isinstance(value, numpy.ndarray) and value.flags.f_contiguous and not value.flags.c_contiguous
    data = base64.b64encode(value.tobytes("F" if is_fortran else "C")).decode("ascii")
    if isinstance(value, numpy.generic):
        return {"n": [kind, data]}
    return {"a": [kind, list(value.shape), data, *(["F"] if is_fortran else [])]}


def parts(value):
    """The kind of an array that is no plain one, and its parts: a shape and a list of values, a shape and arrays by name, or an array and a mask.
    None for any other value."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return None
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(value, masked.MaskedArray):
        return "M", value.data, masked.getmaskarray(value)
    if value.dtype.kind == "O":
        return "O", list(value.shape), value.ravel().tolist()
    if value.dtype.names is not None:
        return "R", list(value.shape), {name: numpy.ascontiguousarray(value[name]) for name in value.dtype.names}
    return None


def of_objects(shape, values):
    """The array of these values."""
    numpy = _numpy()
    found = numpy.empty(len(values), object)
    for index, one in enumerate(values):
        found[index] = one
    return found.reshape(_shape(shape))


def of_records(shape, fields):
    """The array of records with these arrays as fields."""
    numpy, shape = _numpy(), tuple(_shape(shape))
    if not fields or not all(type(name) is str and isinstance(one, numpy.ndarray) and one.shape[: len(shape)] == shape for name, one in fields.items()):
        raise ValueError("fields of one shape")
    found = numpy.empty(shape, [(name, one.dtype, one.shape[len(shape) :]) for name, one in fields.items()])
    for name, one in fields.items():
        found[name] = one
    return found


def with_mask(data, mask):
    """The array with a mask."""
    import numpy.ma

    if not isinstance(data, numpy.ndarray) or not isinstance(mask, numpy.ndarray) or mask.dtype != bool or mask.shape != data.shape:
        raise ValueError("an array and a mask of its shape")
    return numpy.ma.array(data, mask=mask)


def _shape(shape):
    if type(shape) is not list or len(shape) > DIMENSIONS_MAX or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("not a shape")
    return shape


def _plain(numpy, kind, shape, data):
    """An array of these bytes, which is its own."""
    if type(kind) is not str or not TYPES.fullmatch(kind):
        raise ValueError("not a type of arrays")
    shape = _shape(shape)
    data, dtype = base64.b64decode(data, validate=True), numpy.dtype(kind)
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize != len(data):
        raise ValueError("the bytes do not fit the shape")
    return flat(numpy, dtype, data).reshape(shape)


def flat(numpy, dtype, data):
    """An array in one dimension of these bytes, which is its own. ValueError for bytes that are no values of the type."""
    if dtype.itemsize == 0:
        # numpy makes room for texts without a size, and leaves in it what was there before.
        raise ValueError("texts without a size")
    if dtype.kind == "b":
        return numpy.frombuffer(data, "u1") != 0
    if dtype.kind == "U" and data:
        letters = numpy.frombuffer(data, dtype.byteorder.replace("=", "<") + "u4" if dtype.byteorder != "|" else "<u4")
        if letters.max() > UNICODE_MAX:
            raise ValueError("not text")
    return numpy.frombuffer(data, dtype).copy()


def array(body):
    """The array of an encoding."""
    kind, shape, data, *order = body
    if not order:
        return _plain(_numpy(), kind, shape, data)
    # In columns: what is contiguous in its own order is the transposed one of the other.
    return _plain(_numpy(), kind, _shape(shape)[::-1], data).T


def number(body):
    """The number of an encoding."""
    kind, data = body
    return _plain(_numpy(), kind, [], data)[()]


def _numpy():
    try:
        import numpy
    except ImportError:
        raise ValueError("there is no numpy in this guest") from None
    return numpy
