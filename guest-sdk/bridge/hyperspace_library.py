"""Values of Python's library between two guests: each is made anew from its name here and from plain parts.

What is decoded may be hostile: names are those of the list below, constructors check their parts, and sizes are bounded. Modules are imported
only where a value of theirs crosses.
"""

import sys

FACTORIES = ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
NUMBERS = frozenset("bBhHiIlLqQfd")
MERSENNE = 624  # words of the state of the Mersenne Twister


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
    ("types", "SimpleNamespace"): ("SimpleNamespace", lambda value: [dict(vars(value))]),
    ("uuid", "UUID"): ("UUID", lambda value: [value.int]),
}
CHANGEABLE = frozenset(
    "Counter OrderedDict defaultdict deque array Generator RandomState Random SimpleNamespace".split()
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


def change(old, new):
    """Give a value the content of another one of its class; whether it is one of the library."""
    name = type(old).__name__
    if type(old) is not type(new) or not is_changeable(old):
        return False
    if name in ("Counter", "OrderedDict", "defaultdict"):
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
    "array": _array, "ellipsis": lambda: ..., "slice": slice, "Counter": _counter, "OrderedDict": _of_collections("OrderedDict"), "defaultdict": _default,
    "deque": _deque, "date": _of_datetime("date"), "datetime": _of_datetime("datetime", True), "time": _of_datetime("time", True),
    "timedelta": _of_datetime("timedelta"), "timezone": _zone_of, "Generator": _generator_of, "RandomState": _random_state_of,
    "Path": _path("PosixPath"), "PurePath": _path("PurePosixPath"), "Random": _random, "SimpleNamespace": _namespace, "UUID": _uuid,
}


def value(name, found):
    """The value of this name with these parts."""
    return MADE[name](*found)
