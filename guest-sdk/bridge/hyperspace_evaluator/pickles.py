"""Pickles as data: a file that a program may have written names no class or function but those of data.

Arrays and numbers of numpy are data, too. Their pickles call functions of numpy and set the state of its objects, among it sizes and flags that
numpy believes; here each is made anew from its letter, its shape and its bytes, and nothing else that the pickle says is used.

What the evaluator itself has written is known by its digest, and read as Python reads it.
"""

import hashlib
import io
import math
import os
import pickle

import hyperspace_arrays as arrays

ALLOWED = {
    ("builtins", name) for name in ("set", "frozenset", "complex", "bytes", "bytearray", "range", "slice")
} | {("collections", name) for name in ("OrderedDict", "defaultdict", "deque", "Counter")} | {
    ("decimal", "Decimal"), ("fractions", "Fraction"), ("datetime", "datetime"), ("datetime", "date"), ("datetime", "timedelta"),
}
_load, _loads, _dumps = pickle.load, pickle.loads, pickle.dumps
written = set()  # digests of the evaluator's own pickles
WRITTEN_MAX = 100_000
_PythonUnpickler = pickle._Unpickler
BUILD = pickle.BUILD[0]
# Kinds of numbers and texts of fixed size: no objects, no records, no times.
KINDS = "biufcSU"


def refused(what):
    return pickle.UnpicklingError(f"{what}; only data can be read from a file that a program may have written")


class ArrayType:
    """The type of an array as a pickle tells it: a letter with a size, and the order of bytes."""

    def __init__(self, text, align=False, copy=False):
        self.text, self.order = text, "="
        self.made()

    def __setstate__(self, state):
        order = state[1] if type(state) is tuple and len(state) > 1 else None
        if order not in ("<", ">", "=", "|"):
            raise refused(f"the pickle has {state!r:.80} as the state of an array's type")
        self.order = order

    def made(self):
        """The type, as numpy has it."""
        import numpy

        kind = numpy.dtype(self.text) if type(self.text) is str and len(self.text) < 16 else None
        if kind is None or kind.kind not in KINDS or kind.fields or kind.subdtype:
            raise refused(f"the pickle has an array of {self.text!r:.80}")
        return kind if self.order in "=|" else kind.newbyteorder(self.order)


def plain_shape(shape):
    if type(shape) is not tuple or len(shape) > 32 or not all(type(size) is int and size >= 0 for size in shape):
        raise refused(f"the pickle has {shape!r:.80} as the shape of an array")
    return shape


def array(kind, shape, raw, fortran=False):
    """An array of its bytes; they may be no more and no fewer than its shape needs."""
    import numpy

    if type(kind) is not ArrayType or not isinstance(raw, (bytes, bytearray)):
        raise refused("the pickle has an array whose content is no bytes")
    made = kind.made()
    if len(raw) != math.prod(plain_shape(shape)) * made.itemsize:
        raise refused(f"the pickle has an array of shape {shape!r:.80} in {len(raw)} bytes")
    try:
        flat = arrays.flat(numpy, made, bytes(raw))
    except ValueError as error:
        raise refused(f"the pickle has an array whose content is {error}") from None
    return flat.reshape(shape, order="F" if fortran else "C").copy()


def empty_array(of, shape, letter):
    """The array that a pickle is about to fill."""
    import numpy

    if of is not ArrayOf:
        raise refused("the pickle has an array of a class of its own")
    return numpy.empty(0)


def filled(empty, state):
    """Fills the array that a pickle has made, once: parts of one that is filled may be in use."""
    if empty.shape != (0,) or type(state) is not tuple or len(state) != 5:
        raise refused(f"the pickle has {state!r:.80} as the state of an array")
    _, shape, kind, fortran, raw = state
    found = array(kind, shape, raw, fortran is True)
    empty.resize(found.shape, refcheck=False)
    # Of numpy's own making: a type that it has made, and as many bytes as the shape needs.
    empty.__setstate__((1, found.shape, found.dtype, False, found.tobytes()))


def number(kind, raw):
    """A number of numpy."""
    return array(kind, (), raw)[()]


def from_buffer(raw, kind, shape, order, axes=None):
    """An array of a newer pickle."""
    if order not in ("C", "F") or axes is not None:
        raise refused("the pickle has an array in an order of its own")
    return array(kind, shape, raw, order == "F")


def bytes_of(text, encoding="latin1"):
    """Bytes, as old pickles have them."""
    if type(text) is not str or encoding != "latin1":
        raise refused("the pickle has bytes in an encoding of its own")
    return text.encode("latin1")


class ArrayOf:
    """Stands for the class of arrays, which a pickle names before it makes one."""


ARRAYS = {
    ("numpy", "ndarray"): ArrayOf,
    ("numpy", "dtype"): ArrayType,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): number for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): from_buffer for core in ("core", "_core")},
}


class DataUnpickler(_PythonUnpickler):
    """Reads a pickle as data: nothing in it can name a class or function but those of data."""

    dispatch = dict(_PythonUnpickler.dispatch)

    def find_class(self, module, name):
        if module == "__builtin__" and self.proto < 3:
            module, name = "builtins", {"xrange": "range"}.get(name, name)
        if (module, name) in ALLOWED:
            return super().find_class(module, name)
        if (module, name) == ("_codecs", "encode"):
            return bytes_of
        if (module, name) in ARRAYS:
            try:
                import numpy  # noqa: F401
            except ImportError:
                raise refused(f"the pickle names {module}.{name}, and numpy is not here: the task needs runtime = \"science\"") from None
            return ARRAYS[module, name]
        raise refused(f"the pickle names {module}.{name}")

    def load_build(self):
        made = self.stack[-2] if len(self.stack) > 1 else None
        if type(made) is ArrayType:
            return super().load_build()
        if (type(made).__module__, type(made).__name__) != ("numpy", "ndarray"):
            # It would set attributes, those of classes among them, by which values are compared and computed.
            raise refused(f"the pickle gives {made!r:.80} a state")
        filled(made, self.stack.pop())

    dispatch[BUILD] = load_build

    def load(self):
        found = super().load()
        return found.made() if type(found) is ArrayType else found


def dumps(obj, protocol=None, *, fix_imports=True, buffer_callback=None):
    data = _dumps(obj, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)
    if len(written) < WRITTEN_MAX:
        written.add(hashlib.sha256(data).digest())
    return data


def dump(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None):
    file.write(dumps(obj, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback))


def is_own(data):
    """Whether the evaluator has written this pickle, to the last byte."""
    return hashlib.sha256(data).digest() in written


def is_of_task(file):
    """Whether this is an open file of the task's folder, and nothing that says so of itself."""
    name = file.name if type(file) in (io.BufferedReader, io.FileIO) else None
    return isinstance(name, str) and os.path.normpath(name).startswith("/task/")


def load(file, *, fix_imports=True, encoding="ASCII", errors="strict", buffers=None):
    if is_of_task(file):
        return _load(file, fix_imports=fix_imports, encoding=encoding, errors=errors, buffers=buffers)
    if written and hasattr(file, "seek"):
        at = file.tell()
        data = file.read()
        if is_own(data):
            return _loads(data, fix_imports=fix_imports, encoding=encoding, errors=errors, buffers=buffers)
        file.seek(at)
    return DataUnpickler(file, fix_imports=fix_imports, encoding=encoding, errors=errors, buffers=buffers).load()


def loads(data, /, *, fix_imports=True, encoding="ASCII", errors="strict", buffers=None):
    if is_own(data):
        return _loads(data, fix_imports=fix_imports, encoding=encoding, errors=errors, buffers=buffers)
    return DataUnpickler(io.BytesIO(data), fix_imports=fix_imports, encoding=encoding, errors=errors, buffers=buffers).load()


def replace():
    pickle.load, pickle.loads, pickle.Unpickler, pickle._Unpickler = load, loads, DataUnpickler, DataUnpickler
    pickle.dump, pickle.dumps = dump, dumps
