"""Values of Python's library between two guests: each is made anew from its name here and from plain parts.

What is decoded may be hostile: names are those of the list below, constructors check their parts, and sizes are bounded. Modules are imported
only where a value of theirs crosses.
"""

import sys

FACTORIES = ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
NUMBERS = frozenset("bBhHiIlLqQfd")
MERSENNE = 624  # words of the state of the Mersenne Twister


def _rest(kind):
    """What is left to read of an open file, which stays where it is."""

    def parts(value):
        if not value.readable() or not value.seekable():
            raise ValueError("a file that cannot be read again")
        at = value.tell()
        content = value.read()
        value.seek(at)
        return [content, 0]

    return kind, parts


def _date(value):
    return [value.year, value.month, value.day]


def _clock(value):
    if value.tzinfo is not None and type(value.tzinfo).__name__ != "timezone":
        raise ValueError(f"a time with the zone {value.tzinfo}")
    return [value.hour, value.minute, value.second, value.microsecond, value.tzinfo, value.fold]


def _zone(value):
    return [value.utcoffset(None), value.tzname(None)]


def _factory(value):
    name = getattr(value.default_factory, "__name__", None)
    known = value.default_factory is None or name in FACTORIES and value.default_factory is getattr(_builtins(), name)
    if not known:
        raise ValueError("a dictionary with a default that a function makes")
    return [name, dict(value)]


def _generator(value):
    kind = type(value.bit_generator).__name__
    if kind != "PCG64":
        raise ValueError(f"a generator of random numbers of the kind {kind}")
    state = value.bit_generator.state
    return [state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]]


def _random_state(value):
    kind, key, at, has_gauss, gauss = value.get_state()
    if kind != "MT19937":
        raise ValueError(f"a generator of random numbers of the kind {kind}")
    return [[int(word) for word in key], int(at), int(has_gauss), float(gauss)]


# By module and name of the class: its name here, and what makes its parts.
PARTS = {
    ("_io", "BufferedReader"): _rest("BytesIO"),
    ("_io", "TextIOWrapper"): _rest("StringIO"),
    ("_io", "BytesIO"): ("BytesIO", lambda value: [value.getvalue(), value.tell()]),
    ("_io", "StringIO"): ("StringIO", lambda value: [value.getvalue(), value.tell()]),
    ("array", "array"): ("array", lambda value: [value.typecode, value.tobytes()]),
    ("builtins", "ellipsis"): ("ellipsis", lambda value: []),
    ("builtins", "slice"): ("slice", lambda value: [value.start, value.stop, value.step]),
    ("collections", "Counter"): ("Counter", lambda value: [dict(value)]),
    ("collections", "OrderedDict"): ("OrderedDict", lambda value: [dict(value)]),
    ("collections", "defaultdict"): ("defaultdict", _factory),
    ("collections", "deque"): ("deque", lambda value: [list(value), value.maxlen]),
    ("datetime", "date"): ("date", _date),
    ("datetime", "datetime"): ("datetime", lambda value: [*_date(value), *_clock(value)]),
    ("datetime", "time"): ("time", _clock),
    ("datetime", "timedelta"): ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    ("datetime", "timezone"): ("timezone", _zone),
    ("numpy.random._generator", "Generator"): ("Generator", _generator),
    ("numpy.random.mtrand", "RandomState"): ("RandomState", _random_state),
    ("pathlib._local", "PosixPath"): ("Path", lambda value: [str(value)]),
    ("pathlib._local", "PurePosixPath"): ("PurePath", lambda value: [str(value)]),
    ("random", "Random"): ("Random", lambda value: [value.getstate()]),
    ("re", "Pattern"): ("Pattern", lambda value: [value.pattern, int(value.flags)]),
    ("types", "SimpleNamespace"): ("SimpleNamespace", lambda value: [dict(vars(value))]),
    ("uuid", "UUID"): ("UUID", lambda value: [value.int]),
}
CHANGEABLE = frozenset(
    "BytesIO Counter Generator OrderedDict Random RandomState SimpleNamespace StringIO array defaultdict deque".split()
)


def parts(value):
    """The name of a value's class and its parts; None for a value of another class. ValueError for one that cannot cross."""
    kind = type(value)
    known = PARTS.get((kind.__module__, kind.__qualname__))
    if known is None or not _is_own_class(kind):
        return None
    name, made = known
    return name, made(value)


def is_changeable(value):
    """Whether a value is one of the library that a function may change in place."""
    kind = type(value)
    return kind.__name__ in CHANGEABLE and (kind.__module__, kind.__qualname__) in PARTS


def is_container(value):
    """Whether a function may change this value, or something in it, in place."""
    kind = type(value)
    if kind is tuple:
        return any(map(is_container, value))
    # Nobody changes an object of a frozen class in place, whatever the other side says.
    params = getattr(kind, "__dataclass_params__", None)
    return kind in CONTAINERS or kind.__name__ == "ndarray" or getattr(params, "frozen", True) is False or is_changeable(value)


CONTAINERS = (list, dict, set, bytearray)


def replace(old, new):
    """Give a value that a function has changed in place elsewhere the content that it has there. What is inside stays the same object where it can."""
    if not is_container(old):
        return
    if hasattr(type(old), "__dataclass_fields__") and hasattr(type(new), "__dataclass_fields__"):
        for name in type(old).__dataclass_fields__:
            if name in type(new).__dataclass_fields__:
                _put(getattr(old, name, None), getattr(new, name), lambda value, name=name: object.__setattr__(old, name, value))
    elif type(old) is not type(new) or change(old, new):
        return
    elif isinstance(old, (list, tuple)):
        if len(old) == len(new):
            for index, value in enumerate(new):
                _put(old[index], value, lambda value, index=index: None if isinstance(old, tuple) else old.__setitem__(index, value))
        elif isinstance(old, list):
            old[:] = new
    elif isinstance(old, dict):
        if list(old) != list(new):
            kept = dict(old)
            old.clear()
            old.update((name, kept.get(name, value)) for name, value in new.items())
        for name, value in new.items():
            _put(old[name], value, lambda value, name=name: old.__setitem__(name, value))
    elif isinstance(old, bytearray):
        old[:] = new
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif type(old).__name__ == "ndarray" and old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
        old[...] = new


def _put(old, new, put):
    """Have a value somewhere: the one that is there, with the content of the new one, or the new one."""
    if type(old) is type(new) and is_container(old) and not isinstance(old, tuple):
        shape = getattr(old, "shape", None) if type(old).__name__ == "ndarray" else None
        if shape is None or shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
            return replace(old, new)
    put(new)


def change(old, new):
    """Give a value the content of another one of its class; whether it is one of the library."""
    name = type(old).__name__
    if type(old) is not type(new) or not is_changeable(old):
        return False
    if name in ("StringIO", "BytesIO"):
        at, content = new.tell(), new.getvalue()
        old.seek(0)
        old.truncate()
        old.write(content)
        old.seek(at)
    elif name in ("Counter", "OrderedDict", "defaultdict"):
        old.clear()
        old.update(new) if name != "Counter" else dict.update(old, new)
    elif name == "deque":
        old.clear()
        old.extend(new)
    elif name == "array":
        old[:] = new
    elif name == "Generator":
        old.bit_generator.state = new.bit_generator.state
    elif name == "RandomState":
        old.set_state(new.get_state())
    elif name == "Random":
        old.setstate(new.getstate())
    else:
        vars(old).clear()
        vars(old).update(vars(new))
    return True


def _is_own_class(kind):
    """Whether a class is the library's, and not one that says so of itself."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__ == "builtins" or module is not None and vars(module).get(kind.__qualname__) is kind


def _builtins():
    import builtins

    return builtins


def _integers(values):
    if not all(type(value) is int for value in values):
        raise ValueError("not integers")
    return values


def _array(code, content):
    import array

    if code not in NUMBERS or type(content) is not bytes:
        raise ValueError("not an array of numbers")
    return array.array(code, content)


def _stream(name):
    def made(content, at):
        import io

        found = getattr(io, name)(content)
        found.seek(*_integers([at]))
        return found

    return made


def _pattern(pattern, flags):
    import re

    return re.compile(pattern, *_integers([flags]))


def _counter(content):
    import collections

    found = collections.Counter()
    dict.update(found, content)
    return found


def _of_collections(name):
    def made(content):
        import collections

        return getattr(collections, name)(content)

    return made


def _default(name, content):
    import collections

    if name is not None and name not in FACTORIES:
        raise ValueError("no factory of Python's own")
    return collections.defaultdict(getattr(_builtins(), name) if name else None, content)


def _deque(content, size):
    import collections

    return collections.deque(content, None if size is None else int(size))


def _of_datetime(name, fold=False):
    def made(*values):
        import datetime

        if fold:
            *values, zone, folded = values
            return getattr(datetime, name)(*values, tzinfo=zone, fold=folded)
        return getattr(datetime, name)(*values)

    return made


def _zone_of(offset, name):
    import datetime

    return datetime.timezone.utc if not offset and name == "UTC" else datetime.timezone(offset, name)


def _generator_of(state, increment, has_part, part):
    from numpy.random import PCG64, Generator

    made = PCG64(0)
    _integers([state, increment, has_part, part])
    made.state = {"bit_generator": "PCG64", "state": {"state": state, "inc": increment}, "has_uint32": has_part, "uinteger": part}
    return Generator(made)


def _random_state_of(key, at, has_gauss, gauss):
    from numpy.random import RandomState

    # numpy believes the place in the state.
    if len(key) != MERSENNE or not all(0 <= word < 1 << 32 for word in _integers(key)) or not 0 <= _integers([at])[0] <= MERSENNE:
        raise ValueError("not the state of a generator")
    made = RandomState(0)
    made.set_state(("MT19937", key, at, int(bool(has_gauss)), float(gauss)))
    return made


def _random(state):
    import random

    made = random.Random(0)
    made.setstate(state)
    return made


def _path(name):
    def made(text):
        import pathlib

        return getattr(pathlib, name)(text)

    return made


def _namespace(content):
    import types

    return types.SimpleNamespace(**content)


def _uuid(number):
    import uuid

    return uuid.UUID(int=number)


MADE = {
    "BytesIO": _stream("BytesIO"), "Pattern": _pattern, "StringIO": _stream("StringIO"),
    "array": _array, "ellipsis": lambda: ..., "slice": slice, "Counter": _counter, "OrderedDict": _of_collections("OrderedDict"), "defaultdict": _default,
    "deque": _deque, "date": _of_datetime("date"), "datetime": _of_datetime("datetime", True), "time": _of_datetime("time", True),
    "timedelta": _of_datetime("timedelta"), "timezone": _zone_of, "Generator": _generator_of, "RandomState": _random_state_of,
    "Path": _path("PosixPath"), "PurePath": _path("PurePosixPath"), "Random": _random, "SimpleNamespace": _namespace, "UUID": _uuid,
}


def value(name, found):
    """The value of this name with these parts."""
    return MADE[name](*found)
