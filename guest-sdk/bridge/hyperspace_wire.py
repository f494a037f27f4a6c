"""Data between two guests: a typed encoding in JSON text, bounded in bytes, depth and number.

Plain JSON stands for itself: null, booleans, texts, finite doubles, integers of at most 53 bits, and lists. Everything else is an
object with one key, its kind:

    i integer (hexadecimal)   f double that is not finite    c complex [re, im]      b bytes       B bytearray (base64)
    t tuple                   s set     z frozenset          d dict [k, v, k, v …]   r record [kind, name, [names], [values], number]
    e exception [type, text]  q fraction [n, d]   m decimal  g range [start, stop, step]           k callback [id, name]
    O, R, M arrays of objects, of records, with a mask [first part, second part]
    a array [type, shape, bytes]   n number of numpy [type, bytes]   o dictionary with attributes [k, v, …]
    I iterator [v, …]
    E member of an enumeration [module, class, name, value, whether it is a number or text]
    l value of Python's library [name, [parts]]
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
    """The base of records: what a dataclass or an object of named fields is on the other side."""

    __slots__ = ("_hyperspace_number", "__weakref__")


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


class Encoder:
    """Encodes values; `callback` makes an id of a function, where functions may cross, `handle` the encoding of an object of the
    program, or None of any other, and `number` the number by which a dataclass is known that comes back."""

    def __init__(self, callback=None, handle=None, number=None):
        self.callback, self.handle, self.number = callback, handle, number
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
                return {"r": ["namedtuple", type(value).__name__[:NAME_MAX], [str(name) for name in names], items]}
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
        if isinstance(value, BaseException):
            return {"e": [type(value).__name__[:NAME_MAX], text_of(value)]}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self.record(value, [field.name for field in dataclasses.fields(value)], depth)
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
        return {"E": [kind.__module__, kind.__qualname__[:NAME_MAX], value.name, self.encode(content, depth), number]}

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
        return {"r": ["dataclass", type(value).__name__[:NAME_MAX], names, values, *([] if number is None else [number])]}


HINT = "hand over numbers, texts, lists, dictionaries or dataclasses"


def not_data(value, hint=HINT):
    """The error for a value whose type cannot cross."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    hint = "call it here and hand over its result" if callable(value) else hint
    return NotData(f" is of type {name}, which cannot leave its guest; {hint}")


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

    def __init__(self, callback=None, handle=None, own=None):
        self.callback, self.handle, self.own = callback, handle, own

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


def _class_of(kind, name, names):
    key = (kind, name, tuple(names))
    made = _classes.get(key)
    if made is None:
        if len(_classes) >= CLASSES_MAX:
            raise NotData(f"more than {CLASSES_MAX} classes of records")
        if not name.isidentifier():
            raise NotData("a class without a name")
        if kind == "namedtuple":
            made = collections.namedtuple(name, names)
        else:
            made = dataclasses.make_dataclass(name, names, bases=(Record,))
        _classes[key] = made
    return made


def _record(decoder, body, depth):
    kind, name, names, values, *number = body
    if number and decoder.own is not None:
        found = decoder.own(number[0], values)
        if found is not None:
            return found
    values = decoder.items(values, depth)
    if not all(type(text) is str for text in (kind, name, *names)) or len(names) != len(values):
        raise NotData("a record has a name and one value for each field")
    made = _class_of(kind, name, names)(*values)
    if number and decoder.own is None:
        made._hyperspace_number = number[0]
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


def _own_error(name):
    """Python's own class of exceptions of this name, or None."""
    cls = getattr(builtins, name, None)
    return cls if isinstance(cls, type) and issubclass(cls, Exception) and cls.__name__ == name else None


def exception_class(name, base="Exception"):
    """The class of exceptions of the other side: Python's own, or one derived from `ProgramError` and Python's class `base`."""
    cls = _own_error(name) or _errors.get((name, base))
    if cls is None and name.isidentifier() and len(_errors) < CLASSES_MAX:
        bases = (ProgramError, *(own for own in (_own_error(base),) if own not in (None, Exception)))
        cls = _errors[name, base] = type(name, bases, {"kind": name})
    return cls or ProgramError


def exception(name, text, base="Exception", args=None):
    """The exception of the other side as one of this side, with its arguments where they are known."""
    try:
        made = exception_class(name, base)(*([text] if args is None else args))
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
