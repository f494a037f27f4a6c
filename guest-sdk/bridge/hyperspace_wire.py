"""Data between two guests: a typed encoding in JSON text, bounded in bytes, depth and number.

Plain JSON stands for itself: null, booleans, texts, finite doubles, integers of at most 53 bits, and lists. Everything else is an
object with one key, its kind:

    i integer (hexadecimal)   f double that is not finite    c complex [re, im]      b bytes       B bytearray (base64)
    t tuple                   s set     z frozenset          d dict [k, v, k, v …]   r record [kind, name, [names], [values], number, class]
    e exception [type, text]  q fraction [n, d]   m decimal  g range [start, stop, step]           k callback [id, name]
    O, R, M arrays of objects, of records, with a mask [first part, second part]
    a array [type, shape, bytes]   n number of numpy [type, bytes]   o dictionary with attributes [k, v, …]
    I iterator [v, …]
    E member of an enumeration [module, class, name, value, whether it is a number or text]
    l value of Python's library [name, [parts]]
    T class of Python that values or exceptions have, by its name
    h object of the program: [number, class, classes, methods] from it, its number to it; a function of it, [[module], name] to it

Nothing that is decoded runs code of the other side: classes of records are made here, from names. A text that is too long for one request
is handed over in parts.
"""

import asyncio
import base64
import builtins
import collections.abc
import dataclasses
import decimal
import enum
import fractions
import inspect
import itertools
import json
import operator
import sys
from json.encoder import c_make_encoder, encode_basestring_ascii as quoted

import hyperspace_arrays as arrays
import hyperspace_library as library

FRAME_BYTES_MAX = (1 << 20) - 4096  # of a request; one through the door has at most 1 MiB
BYTES_MAX = 8_000_000  # of a text, in parts; the host keeps no more of one
PART = 500_000  # characters of a part, each of which takes at most two bytes in a request
DEPTH_MAX = 64
ITEMS_MAX = 1_000_000
SAFE = 1 << 53
NAME_MAX = 200
PATH_MAX = 120  # characters of a path in a message


class NotData(TypeError):
    """A value that cannot cross. The message names its path, which is put together while the error leaves the containers."""

    def __init__(self, why):
        super().__init__(why)
        self.why, self.path = why, ""

    def within(self, step):
        """Put a step in front of the path."""
        self.path = step + self.path

    def __str__(self):
        path = self.path if len(self.path) <= PATH_MAX else f"{self.path[: PATH_MAX // 2]}…{self.path[-PATH_MAX // 2 :]}"
        return path + self.why


def _no_json(value):
    raise TypeError(f"an object of type {type(value).__name__} is no JSON")


# Made once: `json.dumps` and `json.loads` make theirs for every text, which takes longer than most texts.
_chunks = c_make_encoder(None, _no_json, quoted, None, ":", ",", False, False, True)
_scan = json.JSONDecoder().scan_once


def dumps(value):
    """The JSON text of a value, in ASCII and without spaces."""
    return "".join(_chunks(value, 0))


def loads(text):
    """The value of a JSON text without spaces around it. Raises ValueError for anything else."""
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if end != len(text):
        raise ValueError("more than one JSON text")
    return value


def handed_over(text, operation, send):
    """The end of a text that is too long for one request; what is before it is handed over in parts."""
    at = 0
    while len(text) - at > PART:
        frame = f'{{"op":"{operation}","params":{{"text":{quoted(text[at : at + PART])}}}}}'
        reply = loads(str(send(frame.encode("ascii")), "utf-8"))
        if "error" in reply:
            raise NotData(reply["error"]["message"])
        at += PART
    return text[at:]


class Record:
    """The base of records: what a dataclass or an object of named fields is on the other side. What a class of the program defines beside fields is
    looked for there."""

    __slots__ = ("_hyperspace_number", "__weakref__")

    def __getattr__(self, name):
        return attribute_of(self, name)


records = {"attribute": None}  # what finds an attribute of a record that its class in the other guest has


def class_of(value):
    """The name of the class of the program that a record has; None of anything else."""
    return getattr(type(value), "_hyperspace_class", None)


def attribute_of(record, name):
    find = records["attribute"]
    if find is None or name.startswith(("__", "_hyperspace")) or class_of(record) is None:
        raise AttributeError(f"{type(record).__name__!r} object has no attribute {name!r}")
    return find(record, name)


def _float(value):
    return value if value - value == 0.0 else {"f": repr(value)}


def _int(value):
    return value if -SAFE <= value <= SAFE else {"i": hex(value)}


def _short(value):
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 40 else text[:37] + "..."


PLAIN = {type(None), bool, str}
# Operations by which objects are calculated with, compared and written out.
COMPARISONS = ("eq", "ge", "gt", "le", "lt", "ne")
CALCULATIONS = (
    *COMPARISONS, "abs", "bool", "ceil", "complex", "divmod", "float", "floor", "format", "hash", "index", "int", "invert", "neg", "pos", "repr", "round",
    "str", "trunc",
    *(f"{reflected}{name}" for reflected in ("", "i", "r")
      for name in ("add", "and", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor")),
)


class Encoder:
    """Encodes values; `callback` makes an id of a function, where functions may cross, `handle` the encoding of an object of the
    program, or None of any other, `number` the number by which a dataclass is known that comes back, and `class_name` the name of a class of the
    program."""

    def __init__(self, callback=None, handle=None, number=None, class_name=None):
        self.callback, self.handle, self.number, self.class_name = callback, handle, number, class_name
        self.items = 0

    def whole(self, value, name, depth=0):
        """A value that has a name in messages."""
        try:
            return self.encode(value, depth)
        except NotData as error:
            error.within(name)
            raise

    def arguments(self, args, kwargs):
        """The arguments of a call: a list, and a dictionary by name."""
        sent, named, at = [], {}, 0
        try:
            for at, arg in enumerate(args):
                sent.append(self.encode(arg, 1))
            for at, arg in kwargs.items():
                named[at] = self.encode(arg, 1)
        except NotData as error:
            error.within(f"argument {at}")
            raise
        return sent, named

    def changes(self, args, kwargs, sent, named, again):
        """What a function has changed in place in its arguments: `[position or name, encoding]` each. `sent` and `named` are their encodings before, and
        `again` decodes one of them, for those that are encoded in another way on each side."""
        found = []
        for at, arg, before in (*zip(range(len(args)), args, sent), *((name, arg, named[name]) for name, arg in kwargs.items())):
            # What crosses as it is, on its own or in a list, is the very object before and afterwards.
            if type(before) is list and type(arg) is list and len(arg) == len(before) and all(map(operator.is_, arg, before)):
                continue
            if not library.is_container(arg):
                continue
            try:
                now = self.encode(arg, 1)
                if now != before and now != self.encode(again(before), 1):
                    found.append([at, now])
            except NotData:
                continue
        return found

    def encode(self, value, depth=0):
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is float:
            return value if value - value == 0.0 else {"f": repr(value)}
        if kind is int:
            return value if -SAFE <= value <= SAFE else {"i": hex(value)}
        if depth >= DEPTH_MAX:
            raise NotData(f": more than {DEPTH_MAX} containers inside each other, or one that contains itself")
        if kind is list:
            return self.sequence(value, depth + 1)
        if kind is tuple:
            return {"t": self.sequence(value, depth + 1)}
        if kind is dict:
            return self.pairs(value, depth + 1)
        return self.other(value, depth + 1)

    def count(self, number):
        self.items += number
        if self.items > ITEMS_MAX:
            raise NotData(f": more than {ITEMS_MAX} values")

    def sequence(self, value, depth):
        self.count(len(value))
        encode, found = self.encode, []
        try:
            for item in value:
                found.append(item if type(item) in PLAIN else encode(item, depth))
        except NotData as error:
            error.within(f"[{len(found)}]")
            raise
        return found

    def pairs(self, value, depth):
        self.count(2 * len(value))
        encode, flat, key = self.encode, [], None
        try:
            for key, item in value.items():
                flat.append(encode(key, depth))
                flat.append(encode(item, depth))
        except NotData as error:
            error.within(f"[{_short(key)}]" if len(flat) % 2 else f" key {_short(key)}")
            raise
        return {"d": flat}

    def other(self, value, depth):
        found = self.array(value, depth) or self.library(value, depth)
        if found is not None:
            return found
        if isinstance(value, enum.Enum):
            return self.member(value, depth)
        if isinstance(value, NUMBER_MEMBERS):
            return {"E": [*value._known, self.encode(value.value, depth), True]}
        if isinstance(value, Member):
            return {"E": [*value._known, self.encode(value.value, depth), False]}
        if isinstance(value, bool):
            return bool(value)
        if isinstance(value, int):
            return _int(int(value))
        if isinstance(value, float):
            return _float(float(value))
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, complex):
            return {"c": [_float(value.real), _float(value.imag)]}
        if isinstance(value, (bytes, memoryview)):
            return {"b": base64.b64encode(bytes(value)).decode("ascii")}
        if isinstance(value, bytearray):
            return {"B": base64.b64encode(value).decode("ascii")}
        if isinstance(value, tuple):
            names = getattr(type(value), "_fields", None)
            items = self.sequence(value, depth)
            if isinstance(names, tuple) and len(names) == len(items):
                return {"r": ["namedtuple", type(value).__name__[:NAME_MAX], [str(name) for name in names], items, *self.more(value, None)]}
            return {"t": items}
        if isinstance(value, (list, collections.deque)):
            return self.sequence(value, depth)
        if isinstance(value, (set, frozenset)):
            return {"s" if isinstance(value, set) else "z": self.sequence(list(value), depth)}
        if isinstance(value, collections.abc.Mapping):
            # A dictionary whose keys are attributes, too, such as the results of scipy.
            return {"o": self.pairs(value, depth)["d"]} if isinstance(value, dict) and hasattr(type(value), "__getattr__") else self.pairs(value, depth)
        if isinstance(value, (type({}.keys()), type({}.values()), type({}.items()))):
            return self.sequence(list(value), depth)
        if isinstance(value, range):
            return {"g": [_int(value.start), _int(value.stop), _int(value.step)]}
        if isinstance(value, fractions.Fraction):
            return {"q": [_int(value.numerator), _int(value.denominator)]}
        if isinstance(value, decimal.Decimal):
            return {"m": str(value)}
        if isinstance(value, type) and _is_common(value):
            return {"T": value.__name__}
        if isinstance(value, BaseException):
            return {"e": [type(value).__name__[:NAME_MAX], text_of(value)]}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self.dataclass(value, depth)
        if isinstance(value, Record):
            return self.record(value, list(vars(value)), depth)
        if self.handle is not None:
            found = self.handle(value)
            if found is not None:
                return {"h": found}
        if self.callback is not None and hasattr(type(value), "__next__") and not hasattr(value, "read"):
            # Who is asked for the next one is in the other guest, so it gets all of them.
            return {"I": self.sequence(list(itertools.islice(value, ITEMS_MAX + 1)), depth)}
        if self.callback is not None and callable(value):
            return {"k": [self.callback(value), getattr(value, "__name__", type(value).__name__)[:NAME_MAX]]}
        raise not_data(value, HINT if self.callback is None else f"{HINT}, or functions, such as its methods")

    def member(self, value, depth):
        kind = type(value)
        number = isinstance(value, (int, str))
        content = value.value if not number else int(value) if isinstance(value, int) else str.__str__(value)
        body = [kind.__module__, kind.__qualname__[:NAME_MAX], value.name, self.encode(content, depth), number]
        if self.number is not None:
            # Handed to the program, it is the same when it comes back.
            _remember(dumps(body), value)
        return {"E": body}

    def array(self, value, depth):
        found = arrays.parts(value)
        if found is not None:
            kind, first, second = found
            try:
                return {kind: [self.encode(first, depth), self.encode(second, depth)]}
            except NotData as error:
                error.within(" is an array of objects: " if kind == "O" else " is an array: ")
                raise
        try:
            return arrays.encoded(value, True)
        except ValueError as error:
            raise NotData(f" is {error}, which cannot leave its guest; hand over numbers or texts") from None

    def library(self, value, depth):
        try:
            found = library.parts(value)
        except ValueError as error:
            raise NotData(f" is {error}, which cannot leave its guest; {HINT}") from None
        if found is None:
            return None
        name, parts = found
        return {"l": [name, self.sequence(parts, depth)]}

    def dataclass(self, value, depth):
        """The encoding of a dataclass; of one of the program whose fields cannot cross, that of an object that stays there."""
        try:
            return self.record(value, [field.name for field in dataclasses.fields(value)], depth)
        except (NotData, AttributeError):
            found = self.handle(value) if self.class_name is not None else None
            if found is None:
                raise
            return {"h": found}

    def more(self, value, number):
        """The end of the encoding of a record: by what it is known, and the name of its class."""
        known = class_of(value) if self.class_name is None else self.class_name(type(value))
        return [number, known] if known is not None else [] if number is None else [number]

    def record(self, value, names, depth):
        self.count(len(names))
        values = []
        try:
            for name in names:
                values.append(self.encode(getattr(value, name), depth))
        except NotData as error:
            error.within(f".{names[len(values)]}")
            raise
        number = getattr(value, "_hyperspace_number", None) if isinstance(value, Record) else self.number and self.number(value)
        return {"r": [_kind_of(type(value)), type(value).__name__[:NAME_MAX], names, values, *self.more(value, number)]}


def _kind_of(kind):
    """A dataclass as it is made on the other side: one whose objects do not change, or have an order."""
    params = getattr(kind, "__dataclass_params__", None)
    return "".join(("dataclass", " frozen" if getattr(params, "frozen", False) is True else "", " order" if getattr(params, "order", False) is True else ""))


def may_change(sent, named):
    """Whether anything among encoded arguments can be changed in place."""
    for body in sent:
        if type(body) is list or type(body) is dict:
            return True
    return any(type(body) in (list, dict) for body in named.values()) if named else False


HINT = "hand over numbers, texts, lists, dictionaries or dataclasses"


def not_data(value, hint=HINT):
    """The error for a value whose type cannot cross."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    hint = "call it here and hand over its result" if callable(value) else hint
    return NotData(f" is of type {name}, which cannot leave its guest; {hint}")


TYPES = frozenset("bool bytearray bytes complex dict float frozenset int list object range set slice str tuple".split())


def _is_common(kind):
    """Whether a class is one of Python's own that both guests have, and that is no more than a name."""
    name = kind.__name__
    return kind.__module__ == "builtins" and (kind is _own_error(name) or name in TYPES and getattr(builtins, name) is kind)


def _type(decoder, name, depth):
    if type(name) is str and name in TYPES:
        return getattr(builtins, name)
    found = _own_error(name) if type(name) is str else None
    if found is None:
        raise NotData("no class that both guests have")
    return found


def finished(value):
    """The value, awaited if that is what it is for."""
    if not inspect.isawaitable(value):
        return value

    async def wait():
        return await value

    return asyncio.run(wait())


def text_of(error):
    """The text of an exception, whatever its own method does."""
    try:
        return str(error)[:65536]
    except Exception:
        return "<exception without text>"


class Decoder:
    """Decodes values of the other side, which may be hostile: everything is checked."""

    def __init__(self, callback=None, handle=None, own=None, own_class=None):
        self.callback, self.handle, self.own, self.own_class = callback, handle, own, own_class

    def decode(self, value, depth=0):
        kind = type(value)
        if kind is not dict and kind is not list:
            return value
        if depth > DEPTH_MAX:
            raise NotData("containers inside each other too deeply")
        if kind is list:
            decode, depth = self.decode, depth + 1
            return [item if type(item) is not dict and type(item) is not list else decode(item, depth) for item in value]
        if len(value) != 1:
            raise NotData("not the encoding of a value")
        ((kind, body),) = value.items()
        decode = KINDS.get(kind)
        if decode is None:
            raise NotData(f"no value has the kind {kind[:20]!r}")
        try:
            return decode(self, body, depth + 1)
        except NotData:
            raise
        except Exception as error:
            raise NotData(f"not the encoding of a value: {error}") from None

    def arguments(self, sent, named):
        """The arguments of a call, as `Encoder.arguments` gives them."""
        return [self.decode(arg, 1) for arg in sent], {str(name): self.decode(arg, 1) for name, arg in named.items()}

    def items(self, body, depth):
        if type(body) is not list:
            raise NotData("a sequence is a list")
        return [self.decode(item, depth) for item in body]


def _dict(decoder, body, depth):
    flat = decoder.items(body, depth)
    if len(flat) % 2:
        raise NotData("a key without a value")
    return dict(zip(flat[::2], flat[1::2]))


def _number(decoder, body):
    value = decoder.decode(body)
    if type(value) not in (int, float):
        raise NotData("not a number")
    return value


_classes = {}
CLASSES_MAX = 1000


def _class_of(kind, name, names, known):
    key = (kind, name, tuple(names), known)
    made = _classes.get(key)
    if made is None:
        if len(_classes) >= CLASSES_MAX:
            raise NotData(f"more than {CLASSES_MAX} classes of records")
        if not name.isidentifier():
            raise NotData("a class without a name")
        if kind == "namedtuple":
            made = collections.namedtuple(name, names)
            if known is not None:
                made = type(name, (made,), {"__slots__": (), "__getattr__": attribute_of})
        else:
            made = dataclasses.make_dataclass(name, names, bases=(Record,), frozen="frozen" in kind, order="order" in kind)
        if known is not None:
            made._hyperspace_class = known
        _classes[key] = made
    return made


def _record(decoder, body, depth):
    kind, name, names, values, *more = body
    number, known = (*more, None, None)[:2]
    if number is not None and decoder.own is not None:
        found = decoder.own(number, values)
        if found is not None:
            return found
    values = decoder.items(values, depth)
    if not all(type(text) is str for text in (kind, name, *names)) or len(names) != len(values):
        raise NotData("a record has a name and one value for each field")
    if known is not None and type(known) is not str:
        raise NotData("a class has a name")
    own = decoder.own_class(known) if known is not None and decoder.own_class is not None else None
    if own is not None:
        return _own_record(own, names, values)
    made = _class_of(kind, name, names, known)(*values)
    if number is not None and decoder.own is None and isinstance(made, Record):
        object.__setattr__(made, "_hyperspace_number", number)
    return made


def _own_record(kind, names, values):
    """A record as the program's own class has it, with these values."""
    if issubclass(kind, tuple):
        return tuple.__new__(kind, values)
    made = object.__new__(kind)
    for name, value in zip(names, values):
        object.__setattr__(made, name, value)
    return made


def _exception(decoder, body, depth):
    name, text = body
    return exception(str(name), str(text))


def _callback(decoder, body, depth):
    if decoder.callback is None:
        raise NotData("a function cannot cross here")
    number, name = body
    return decoder.callback(int(number), str(name))


class Member:
    """A member of an enumeration that only the other guest has."""

    def __init__(self, module, qualified, name, value):
        self.name, self.value = name, value
        self._known = (module, qualified, name)

    def __eq__(self, other):
        return isinstance(other, Member) and self._known == other._known

    def __hash__(self):
        return hash(self._known)

    def __repr__(self):
        return f"<{self}: {self.value!r}>"

    def __str__(self):
        return f"{self._known[1]}.{self.name}"


def _named(kind):
    class NumberMember(kind):
        """A member of an enumeration of numbers or texts that only the other guest has."""

        def __new__(cls, known, value):
            made = kind.__new__(cls, value)
            made.name, made.value, made._known = known[2], value, known
            return made

        def __repr__(self):
            return f"<{self._known[1]}.{self.name}: {self.value!r}>"

    return NumberMember


NUMBER_MEMBERS = tuple(_named(kind) for kind in (int, str))


class Attributes(dict):
    """A dictionary whose keys are attributes, too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__, __delattr__ = dict.__setitem__, dict.__delitem__


shared = {"files": ()}  # beginnings of paths: modules that both guests have


def _own_names(found):
    """What a module or class has itself; a module that stands for the program's would ask for all of that."""
    return _dict_of_module(found) if isinstance(found, type(sys)) else vars(found)


_dict_of_module = type(sys).__dict__["__dict__"].__get__


def _member(decoder, body, depth):
    """The member of this guest's own enumeration, if both guests have it; else its value, or a record of name and value."""
    module, qualified, name, value, is_number = body
    value = decoder.decode(value, depth)
    if not all(type(text) is str for text in (module, qualified, name)):
        raise NotData("a member of an enumeration has texts for names")
    key = dumps(body)
    if key not in _members:
        _remember(key, _member_of(module, qualified, name, value, is_number))
    return _members[key]


_members = {}  # by their encoding: a member is the same object whenever it comes
MEMBERS_MAX = 10_000


def _remember(key, member):
    if len(_members) >= MEMBERS_MAX:
        _members.clear()
    _members[key] = member


def _member_of(module, qualified, name, value, is_number):
    found = sys.modules.get(module)
    if isinstance(found, type(sys)) and str(_own_names(found).get("__file__")).startswith(shared["files"]):
        for part in qualified.split("."):
            found = _own_names(found).get(part) if isinstance(found, type(sys)) or isinstance(found, type) else None
        member = found.__members__.get(name) if isinstance(found, enum.EnumType) else None
        if member is not None:
            return member
    for kind in NUMBER_MEMBERS if is_number else ():
        if type(value) is kind.__mro__[1]:
            return kind((module, qualified, name), value)
    return value if is_number else Member(module, qualified, name, value)


def _handle(decoder, body, depth):
    if decoder.handle is None:
        raise NotData("an object cannot cross here")
    return decoder.handle(body)


KINDS = {
    "i": lambda decoder, body, depth: int(body, 16),
    "f": lambda decoder, body, depth: {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[body],
    "c": lambda decoder, body, depth: complex(_number(decoder, body[0]), _number(decoder, body[1])),
    "b": lambda decoder, body, depth: base64.b64decode(body, validate=True),
    "B": lambda decoder, body, depth: bytearray(base64.b64decode(body, validate=True)),
    "t": lambda decoder, body, depth: tuple(decoder.items(body, depth)),
    "s": lambda decoder, body, depth: set(decoder.items(body, depth)),
    "z": lambda decoder, body, depth: frozenset(decoder.items(body, depth)),
    "d": _dict,
    "r": _record,
    "e": _exception,
    "q": lambda decoder, body, depth: fractions.Fraction(_number(decoder, body[0]), _number(decoder, body[1])),
    "m": lambda decoder, body, depth: decimal.Decimal(body),
    "g": lambda decoder, body, depth: range(*(_number(decoder, part) for part in body)),
    "k": _callback,
    "T": _type,
    "a": lambda decoder, body, depth: arrays.array(body),
    "n": lambda decoder, body, depth: arrays.number(body),
    "O": lambda decoder, body, depth: arrays.of_objects(*decoder.items(body, depth)),
    "R": lambda decoder, body, depth: arrays.of_records(*decoder.items(body, depth)),
    "M": lambda decoder, body, depth: arrays.with_mask(*decoder.items(body, depth)),
    "o": lambda decoder, body, depth: Attributes(_dict(decoder, body, depth)),
    "E": _member,
    "l": lambda decoder, body, depth: library.value(body[0], decoder.items(body[1], depth)),
    "I": lambda decoder, body, depth: iter(decoder.items(body, depth)),
    "h": _handle,
}


class ProgramError(Exception):
    """An exception of the program whose class is not one of Python's own. `kind` is the name of its class."""

    kind = "Exception"


_errors = {}
# Modules of the library whose exceptions say what went wrong with data. Those that steer whoever catches them, such as that of a skipped test, stay out.
ERROR_MODULES = frozenset(
    "_csv _pickle binascii copy csv dataclasses decimal json.decoder numpy.exceptions numpy.linalg pickle re statistics struct zlib".split()
)


def _library_error(name, module):
    """The library's own class of exceptions of this name, where both guests have its module; else None."""
    found = _dict_of_module(sys.modules[module]).get(name) if module in ERROR_MODULES and module in sys.modules else None
    return found if isinstance(found, type) and issubclass(found, Exception) and found.__module__ == module else None


def _own_error(name):
    """Python's own class of exceptions of this name, or None."""
    cls = getattr(builtins, name, None)
    return cls if isinstance(cls, type) and issubclass(cls, Exception) and cls.__name__ == name else None


def exception_class(name, base="Exception", module=None):
    """The class of exceptions of the other side: Python's own, or one derived from `ProgramError` and Python's class `base`."""
    cls = _own_error(name) or _library_error(name, module) or _errors.get((name, base))
    if cls is None and name.isidentifier() and len(_errors) < CLASSES_MAX:
        bases = (ProgramError, *(own for own in (_own_error(base),) if own not in (None, Exception)))
        cls = _errors[name, base] = type(name, bases, {"kind": name})
    return cls or ProgramError


def exception(name, text, base="Exception", args=None, module=None):
    """The exception of the other side as one of this side, with its arguments where they are known."""
    try:
        cls, args = exception_class(name, base, module), [text] if args is None else args
        # What a class of the library asks for when it is called need not be its arguments.
        made = cls.__new__(cls, *args) if cls.__module__ in ERROR_MODULES else cls(*args)
        if isinstance(made, (SyntaxError, UnicodeError)) and not _is_detailed(made):
            made = type(made)(text)
        # Its text is made of its arguments, whenever somebody asks for it.
        str(made)
        return made
    except Exception:
        return RuntimeError(f"{name}: {text}")


def _is_detailed(error):
    """Whether the details of an exception are what Python believes them to be when it makes a text of them."""
    args = error.args
    if isinstance(error, SyntaxError):
        details = args[1] if len(args) == 2 else (None,) * 4
        return len(args) < 3 and all(one is None or type(one) is kind for one, kind in zip(details, (str, int, int, str, int, int)))
    if not isinstance(error, (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError)):
        return True
    of, start, end = args[-4:-1]
    return 0 <= start <= end <= len(of)
