"""The part of ctypes that describes numbers of C, for packages that ask how large they are. Types are those of 64-bit Linux.

Functions of C cannot be loaded or called in a guest: what needs them is not here, and says so.
"""
import operator
import struct

__version__ = "1.1.0"
__spec__.origin = "of which this runtime has the numbers (docs/science.md has what is there)"  # a failed import of names ends with it


class _SimpleCData:
    """A number of C; integers are cut to the type's size."""

    def __init__(self, value=0):
        self.value = value

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        size = struct.calcsize(self._type_)
        if self._type_ in "fd":
            value = struct.unpack("<" + self._type_, struct.pack("<" + self._type_, value))[0]
        elif self._type_ == "?":
            value = bool(value)
        else:
            value = int.from_bytes((operator.index(value) % (1 << 8 * size)).to_bytes(size), signed=self._type_.islower())
        self._value = value

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"

    def __bool__(self):
        return bool(self.value)


def _number(name, kind):
    globals()[name] = type(name, (_SimpleCData,), {"_type_": kind, "__module__": "ctypes"})


for _name, _kind in {
    "c_bool": "?", "c_byte": "b", "c_ubyte": "B", "c_short": "h", "c_ushort": "H", "c_int": "i", "c_uint": "I", "c_long": "q",
    "c_ulong": "Q", "c_float": "f", "c_double": "d",
}.items():
    _number(_name, _kind)
c_int8, c_int16, c_int32, c_int64 = c_byte, c_short, c_int, c_long
c_uint8, c_uint16, c_uint32, c_uint64 = c_ubyte, c_ushort, c_uint, c_ulong
# A long of 64-bit Linux has 64 bits.
c_longlong, c_ulonglong, c_size_t, c_ssize_t = c_long, c_ulong, c_ulong, c_long


def sizeof(what):
    """The size in bytes of a type, or of a number of it."""
    kind = getattr(what, "_type_", None)
    if not isinstance(kind, str):
        raise TypeError("this type has no size")
    return struct.calcsize("<" + kind)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"ctypes.{name} is not a part of this runtime: functions of C cannot be called in a guest (docs/science.md has what is there)")
