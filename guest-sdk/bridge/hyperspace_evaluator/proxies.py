"""Proxies of the program's modules, functions, classes and objects."""

import inspect
import types
import weakref

import hyperspace_library as library
import hyperspace_wire as wire

from . import bridge, files

IMMEDIATE = {"__wrapped__", "__path__", "__file__", "__spec__", "__loader__", "__cached__", "__package__"}


def _sent(args, kwargs):
    if not args and not kwargs:
        return [], {}
    return bridge.encoder().arguments(args, kwargs)


def _answered(request, args, kwargs):
    """The answer to a call, which may name files."""
    bridge.state["calls"] += 1
    paths = files.named(args, kwargs) if args or kwargs else None
    return files.answer_of(bridge.ask(files.request_with(paths, request)), paths) if paths else bridge.ask(request)


def _called(request, args, kwargs):
    """The value of a call; lists and dictionaries that the program changed in place are changed here."""
    return _value_of(_answered(request, args, kwargs), request[0] == "method" and request[2] in NEXT, args, kwargs)


def _value_of(answer, is_next, args, kwargs):
    if len(answer) > 2 and answer[0] == "v":
        try:
            changes = [(args[at] if type(at) is int and at >= 0 else kwargs[at], now) for at, now in answer[2]]
        except (TypeError, ValueError, LookupError):
            raise bridge.nonsense() from None
        for old, now in changes:
            library.replace(old, bridge.decoded(now))
    return bridge.value_of(answer, is_next)


NEXT = ("__next__", "__anext__", "send", "asend", "throw", "athrow")  # methods that may say that an iterator is at its end


async def _later(request, args, kwargs):
    """A call that the evaluator awaits. The program works until it is done, or until the loop would have ended the wait; then the loop has its turn."""
    from . import waiting

    with waiting.deadline():
        value = _called(request, args, kwargs)
    await waiting.turn()
    return value


class ProgramFunction:
    """A function of the program: calling it runs it in the program's guest. For those who look, it is a function."""

    __class__ = property(lambda self: types.FunctionType)
    __closure__ = None

    def __init__(self, spec, name, description):
        self._spec, self._name = spec, name
        _, _, own, doc, parameters, self._gives, self._place = description
        self.__name__, self.__qualname__, self.__doc__ = str(own), str(name), doc
        self.__module__ = spec[0]
        self._signature = None if parameters is None else signature_of(parameters)
        self._is_async = self._gives == "coroutine"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self._spec, f"{self._name}.{name}")

    def __setattr__(self, name, value):
        if name.startswith("_"):
            return object.__setattr__(self, name, value)
        _assign(self._spec, f"{self._name}.{name}", value)

    def __call__(self, *args, **kwargs):
        request = ["call", self._spec, self._name, *_sent(args, kwargs)]
        return _later(request, args, kwargs) if self._is_async else _called(request, args, kwargs)

    def __deepcopy__(self, memo=None):
        return self

    __copy__ = __deepcopy__

    @property
    def __signature__(self):
        if self._signature is None:
            raise AttributeError("__signature__")
        return self._signature

    @property
    def __annotations__(self):
        own = self._parameters()
        found = {one.name: one.annotation for one in own if one.annotation is not one.empty}
        if self._signature is not None and self._signature.return_annotation is not inspect.Signature.empty:
            found["return"] = self._signature.return_annotation
        return found

    @property
    def __defaults__(self):
        return tuple(one.default for one in self._parameters() if one.kind != one.KEYWORD_ONLY and one.default is not one.empty) or None

    @property
    def __kwdefaults__(self):
        return {one.name: one.default for one in self._parameters() if one.kind == one.KEYWORD_ONLY and one.default is not one.empty} or None

    @property
    def __code__(self):
        return code_of(self.__name__, self._place, self._parameters(), FLAGS.get(self._gives, 0))

    def _parameters(self):
        return [] if self._signature is None else list(self._signature.parameters.values())

    def __repr__(self):
        return f"<function {self._name} of the program>"


FLAGS = {"coroutine": inspect.CO_COROUTINE, "generator": inspect.CO_GENERATOR, "asynchronous generator": inspect.CO_ASYNC_GENERATOR}


def code_of(name, place, parameters, flags):
    """Code that says of a function what can be known of it: its place, its parameters and what it gives. It does nothing."""
    kinds = inspect._ParameterKind
    made = [(parameter.name, parameter.kind) for parameter in parameters]
    count = {kind: sum(own == kind for _, own in made) for kind in kinds}
    places = sorted(made, key=lambda one: (one[1] == kinds.VAR_KEYWORD, one[1] == kinds.VAR_POSITIONAL))
    flags |= (4 if count[kinds.VAR_POSITIONAL] else 0) | (8 if count[kinds.VAR_KEYWORD] else 0)
    file, line = place if type(place) is list and len(place) == 2 else ("<the program>", 1)
    return (lambda: None).__code__.replace(
        co_name=name, co_qualname=name, co_filename=str(file), co_firstlineno=max(1, int(line)), co_flags=3 | flags,
        co_argcount=count[kinds.POSITIONAL_ONLY] + count[kinds.POSITIONAL_OR_KEYWORD], co_posonlyargcount=count[kinds.POSITIONAL_ONLY],
        co_kwonlyargcount=count[kinds.KEYWORD_ONLY], co_varnames=tuple(own for own, _ in places), co_nlocals=len(places),
    )


def signature_of(described):
    """The signature that the program tells of a function."""
    empty = inspect.Parameter.empty

    def annotation(body):
        return empty if body is None else bridge.decoded(body)

    try:
        parameters, returned = described
        made = [
            inspect.Parameter(str(name), inspect._ParameterKind(kind), default=bridge.decoded(default) if optional else empty, annotation=annotation(told))
            for name, kind, optional, default, told in parameters
        ]
        return inspect.Signature(made, return_annotation=annotation(returned))
    except (TypeError, ValueError):
        raise bridge.nonsense() from None


class ProgramClass:
    """A class of the program: calling it makes an object there, whose methods can be called from here. For those who look, it is a class."""

    __class__ = property(lambda self: type)

    def __init__(self, spec, name, description):
        names = frozenset(map(str, description[6]))
        own = {"_spec": spec, "_name": name, "_signature": description[4], "_names": names, "__bases__": (object,), "__module__": spec[0]}
        line, own["_known"] = (*description[7:], None)[:2]
        if type(line) is int:
            own["__firstlineno__"] = line
        self.__dict__.update(own, __name__=str(description[2]), __qualname__=str(description[2]), __doc__=description[3])

    def __mro_entries__(self, bases):
        raise TypeError(
            f"{self._name} is a class of the program, which is in another guest: no class of the evaluator can be derived from it. "
            "Make an object of it and call its methods, or hand it functions of yours"
        )

    def __call__(self, *args, **kwargs):
        answer = _answered(["new", self._spec, self._name, *_sent(args, kwargs)], args, kwargs)
        if answer[0] == "h" and len(answer) == 2:
            try:
                return object_of(answer[1], MADE_HERE)
            except (TypeError, ValueError):
                raise bridge.nonsense() from None
        return bridge.value_of(answer)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self._spec, f"{self._name}.{name}")

    def __setattr__(self, name, value):
        _assign(self._spec, f"{self._name}.{name}", value)

    def __instancecheck__(self, value):
        if isinstance(value, ProgramObject):
            return self._name in value._classes
        known = wire.class_of(value)
        return known is not None and self.__dict__["_known"] in above(self._spec, known)

    def __subclasscheck__(self, other):
        return isinstance(other, ProgramClass) and self._name in other._names

    @property
    def __signature__(self):
        if self.__dict__["_signature"] is None:
            raise AttributeError("__signature__")
        return signature_of(self.__dict__["_signature"])

    def __repr__(self):
        return f"<class {self._name} of the program>"


class ProgramEnum(ProgramClass):
    """An enumeration of the program: its members are data."""

    def __init__(self, spec, name, description):
        super().__init__(spec, name, description)
        self.__dict__["__members__"] = {member.name: member for member in map(bridge.decoded, description[5])}

    def __getattr__(self, name):
        found = self.__dict__["__members__"].get(name)
        return super().__getattr__(name) if found is None else found

    def __getitem__(self, name):
        return self.__members__[name]

    def __iter__(self):
        return iter(self.__members__.values())

    def __len__(self):
        return len(self.__members__)

    def __contains__(self, value):
        return any(value == member or value == member.value for member in self)

    def __call__(self, value):
        for member in self:
            if value == member or value == member.value:
                return member
        raise ValueError(f"{value!r} is not a valid {self.__name__}")

    def __instancecheck__(self, value):
        return any(value is member or value == member for member in self) and hasattr(value, "_known")


class ProgramObject:
    """An object of the program. Its methods can be called, its attributes read and set. What is read stays the same until something is called or
    set: code that checks an attribute and then uses it has what it checked."""

    _is_over = False  # an iterator that was at its end

    def __init__(self, number, kind, classes):
        own = (("_number", number), ("_kind", kind), ("_classes", classes), ("_guest", bridge.state["guest"]), ("_read", (None, {})))
        for name, value in own:
            object.__setattr__(self, name, value)

    def __del__(self):
        if self._guest == bridge.state["guest"] and not any(_found(self._number, other) for other in ALLOWED if other is not self._allowed):
            bridge.released[self._number] = None

    def _alive(self):
        if self._guest != bridge.state["guest"]:
            raise LookupError(f"{ProgramObject.__repr__(self)} is gone with the program's guest, which has ended")
        return self._number

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        moment, read = self._read
        if moment != bridge.moment():
            read = {}
            object.__setattr__(self, "_read", (bridge.moment(), read))
        if name not in read:
            answer = bridge.ask(["read", self._alive(), name])
            if answer[0] == "d":
                return ProgramMethod(self, name, answer[2:3] == [True])
            read[name] = bridge.value_of(answer)
        return read[name]

    def __setattr__(self, name, value):
        bridge.state["calls"] += 1
        bridge.value_of(bridge.ask(["set", self._alive(), name, bridge.encoder().whole(value, name)]))

    def __delattr__(self, name):
        bridge.state["calls"] += 1
        bridge.value_of(bridge.ask(["delete", self._alive(), name]))

    def _told(self, which=""):
        return [name for name in bridge.value_of(bridge.ask(["names", self._alive(), which])) if type(name) is str]

    def __dir__(self):
        return self._told()

    @property
    def __dict__(self):
        """The attributes of the object itself, as they are now."""
        return {name: getattr(self, name) for name in self._told("own")}

    def __copy__(self, how="copy"):
        answer = bridge.ask(["copy", self._alive(), how])
        if answer[0] != "h" or len(answer) != 2:
            return bridge.value_of(answer)
        try:
            return object_of(answer[1], self._allowed)
        except (TypeError, ValueError):
            raise bridge.nonsense() from None

    def __deepcopy__(self, memo):
        return self.__copy__("deepcopy")

    def __repr__(self):
        return f"<object of class {self._kind} of the program>"


# Operations of objects that came as an answer, of those that came of a calculation with objects of the program, and of those that the evaluator made of
# a class. An answer has no comparisons: one that is equal to everything would be right everywhere. Nor has it content that may be another the next time;
# an iterator gives each value once. What the evaluator has made, it calculates with and compares, but only with other objects of the program.
ANSWERED = frozenset(("aenter", "aexit", "anext", "call", "enter", "exit", "next"))
CALCULATED = ANSWERED | frozenset(wire.CALCULATIONS)
MADE_HERE = CALCULATED | frozenset(("aiter", "contains", "delitem", "getitem", "iter", "len", "reversed", "setitem"))
ALLOWED = ANSWERED, CALCULATED, MADE_HERE
KINDS_MAX = 1000
_objects = weakref.WeakValueDictionary()  # by number and operations that they may have
_kinds = {}


def _operation(name):
    def operate(self, *args):
        return ProgramMethod(self, f"__{name}__")(*args)

    operate.__name__ = operate.__qualname__ = name
    return operate


def _calculation(name):
    is_comparison = name in wire.COMPARISONS

    def calculate(self, *args):
        if is_comparison and not all(isinstance(one, ProgramObject) or wire.class_of(one) is not None for one in args):
            return NotImplemented
        bridge.state["calls"] += 1
        answer = bridge.ask(["calculate", self._alive(), name, _sent(args, {})[0]])
        if answer == ["i"]:
            return NotImplemented
        body = answer[1].get("h") if answer[0] == "v" and len(answer) == 2 and type(answer[1]) is dict else None
        if type(body) is not list or len(body) != 4:
            return bridge.value_of(answer)
        try:
            return self if body[0] == self._number else object_of(body, CALCULATED)
        except (TypeError, ValueError):
            raise bridge.nonsense() from None

    calculate.__name__ = calculate.__qualname__ = name
    return calculate


def _call(self, *args, **kwargs):
    return ProgramMethod(self, "__call__")(*args, **kwargs)


def _next(self):
    """The next value. An iterator at its end stays there: one that begins again would be another one than what was checked."""
    if self._is_over:
        raise StopIteration
    try:
        return ProgramMethod(self, "__next__")()
    except StopIteration:
        object.__setattr__(self, "_is_over", True)
        raise


async def _next_later(self):
    if self._is_over:
        raise StopAsyncIteration
    try:
        return await ProgramMethod(self, "__anext__", True)()
    except StopAsyncIteration:
        object.__setattr__(self, "_is_over", True)
        raise


def _enter(self):
    return _entered(self, ProgramMethod(self, "__enter__")())


async def _enter_later(self):
    return _entered(self, await ProgramMethod(self, "__aenter__", True)())


def _entered(self, answer):
    """What a context gives: most often itself, with the operations that it has."""
    return self if isinstance(answer, ProgramObject) and answer._number == self._number else answer


def _leave(self, kind, error, trace):
    return _ends(error, ProgramMethod(self, "__exit__")(error))


async def _leave_later(self, kind, error, trace):
    return _ends(error, await ProgramMethod(self, "__aexit__", True)(error))


def _ends(error, answer):
    """Whether a context of the program ends an exception: one of the program, as the evaluator's say that something is wrong."""
    return bool(answer) and hasattr(error, "hyperspace_program")


def _self(self):
    return self


def _no_copy(self):
    raise AttributeError("__copy__")


def _kind(name, allowed, operations):
    """The class of proxies of objects of this class, with these operations."""
    operations = allowed.intersection(operations)
    name = name if len(_kinds) < KINDS_MAX and name.isidentifier() else "ProgramObject"
    key = name, allowed, operations
    if key not in _kinds:
        own = {"call": _call, "next": _next, "anext": _next_later, "enter": _enter, "aenter": _enter_later, "exit": _leave, "aexit": _leave_later}
        calculations = operations.intersection(wire.CALCULATIONS)
        made = {f"__{one}__": own.get(one) or (_calculation if one in calculations else _operation)(one) for one in sorted(operations)}
        if "next" in operations:
            # What is copied without a word, such as by `itertools.tee`, is no iterator.
            made["__iter__"], made["__copy__"] = _self, property(_no_copy)
        if "anext" in operations:
            made["__aiter__"] = _self
        _kinds[key] = type(name, (ProgramObject,), {**made, "_allowed": allowed})
    return _kinds[key]


def _found(number, allowed):
    """The proxy that is there for a number; None without one."""
    found = _objects.get((number, allowed))
    return found if found is not None and found._guest == bridge.state["guest"] else None


def object_of(body, allowed=ANSWERED):
    """The proxy of an object: the one that is there for its number, or a new one. An object that the evaluator made and that comes as an answer
    has another one, as answers have fewer operations."""
    number, name, classes, operations = body
    if type(number) is not int or not all(type(one) is str for one in (name, *classes, *operations)):
        raise wire.NotData("an object has a number, a class, classes and operations")
    found = _found(number, allowed)
    if found is None:
        found = _objects[number, allowed] = _kind(name, allowed, operations)(number, name, frozenset(classes))
        # It may be on its way out under the same number.
        bridge.released.pop(number, None)
    return found


def number_of(value):
    """What the program knows a value by: the number of an object of it, or the name of a function of it; None for any other value."""
    kind = type(value)
    if issubclass(kind, ProgramObject):
        return value._alive()
    if kind is ProgramMethod:
        return [value.__self__._alive(), value.__name__]
    return [value._spec, value._name] if issubclass(kind, (ProgramFunction, ProgramClass)) else None


bridge.state.update(objects=object_of, number_of=number_of)


class ProgramMethod:
    """A method of an object of the program."""

    def __init__(self, own, name, is_async=False):
        self.__self__, self.__name__, self._is_async = own, name, is_async
        if is_async:
            inspect.markcoroutinefunction(self)

    def __call__(self, *args, **kwargs):
        request = ["method", self.__self__._alive(), self.__name__, *_sent(args, kwargs)]
        return _later(request, args, kwargs) if self._is_async else _called(request, args, kwargs)


class RecordMethod:
    """A method of a record of the program: the record is made anew there, and has here the fields that it has after the call."""

    def __init__(self, record, name, is_async):
        self.__self__, self.__name__, self._is_async = record, name, is_async
        if is_async:
            inspect.markcoroutinefunction(self)

    def __call__(self, *args, **kwargs):
        return self._later(args, kwargs) if self._is_async else self._done(args, kwargs)

    async def _later(self, args, kwargs):
        return self._done(args, kwargs)

    def _done(self, args, kwargs):
        record = self.__self__
        body = bridge.encoder().whole(record, self.__name__)
        answer = _answered(["act", _spec_of(record), body, self.__name__, *_sent(args, kwargs)], args, kwargs)
        if answer[0] == "m":
            if len(answer) != 3 or type(answer[1]) is not list or not answer[1]:
                raise bridge.nonsense()
            now, answer = bridge.decoded(answer[2]), answer[1]
            if type(now) is type(record) and isinstance(record, wire.Record):
                vars(record).update(vars(now))
        return _value_of(answer, False, args, kwargs)


def _field(record, name):
    """An attribute of a record of the program that is none of its fields, which stays the same until something is called or set."""
    body = bridge.encoder().whole(record, name)
    answer = _kept((wire.dumps(body), name), lambda: bridge.ask(["field", _spec_of(record), body, name]))
    return RecordMethod(record, name, answer[2:3] == [True]) if answer[:2] == ["d", "method"] else bridge.value_of(answer)


wire.records["attribute"] = _field
_above = {}


def _spec_of(record):
    """The module of the program that a record is of: a guest in which it is not loaded loads it."""
    return _loaded.get(wire.class_of(record).partition(":")[0]) or _loaded.get(None)


_loaded = {}  # what modules of the program are, by their names; the last one under None


def above(spec, known):
    """The names of a class of the program and of the classes above it."""
    if known not in _above:
        found = bridge.value_of(bridge.ask(["above", spec, known]))
        _above[known] = frozenset(one for one in found if type(one) is str) if type(found) is list else frozenset()
    return _above[known]


_own = types.ModuleType.__dict__["__dict__"].__get__  # what a module itself has


class ProgramModule(types.ModuleType):
    """A module of the program. Its functions and classes are proxies, its data are copies; what is set here is set there."""

    def __getattr__(self, name):
        spec = _own(self).get("_hyperspace_spec")
        if spec is None or name in IMMEDIATE:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name == "__all__":
            return bridge.value_of(bridge.ask(["star", spec]))
        value = attribute(spec, name)
        if isinstance(value, (ProgramFunction, ProgramClass)):
            _own(self)[name] = value
        return value

    def __setattr__(self, name, value):
        spec = _own(self).get("_hyperspace_spec")
        if spec is None or name.startswith(("__", "_hyperspace")) or isinstance(value, types.ModuleType):
            return super().__setattr__(name, value)
        _assign(spec, name, value)
        # Of data the program has its own from here on.
        _own(self).pop(name, None)
        if callable(value):
            _own(self)[name] = value

    @property
    def __dict__(self):
        """All that it has, as it is now."""
        found = dict(_own(self))
        for name in found.get("_hyperspace_names", ()):
            try:
                found.setdefault(name, getattr(self, name))
            except (AttributeError, TypeError):
                continue
        return found

    def __dir__(self):
        return sorted({*_own(self), *_own(self).get("_hyperspace_names", ())})


def names_of(module):
    """The names that a module of the program defines."""
    return _own(module).get("_hyperspace_names", ())


def _assign(spec, name, value):
    """Set an attribute of a module or class of the program."""
    bridge.state["calls"] += 1
    bridge.value_of(bridge.ask(["assign", spec, name, bridge.encoder().whole(value, name)]))


_seen = {"moment": None, "values": {}}  # attributes of modules and classes as they were read


def attribute(spec, name):
    """An attribute of a module of the program: a proxy, or a copy of the data, which stays the same until something is called or set."""
    return _kept((*spec[:3], name), lambda: _attribute(spec, name))


def _kept(key, read):
    """What was read under this key since something was called or set."""
    if _seen["moment"] != bridge.moment():
        _seen.update(moment=bridge.moment(), values={})
    if key not in _seen["values"]:
        _seen["values"][key] = read()
    return _seen["values"][key]


def _attribute(spec, name):
    answer = bridge.ask(["get", spec, name])
    if answer[0] != "d":
        return bridge.value_of(answer)
    kind = answer[1] if len(answer) in (6, 7, 8, 9) else None
    if kind == "class" and len(answer) == 9 and answer[5] is not None:
        # Raised there, it is this class here: what catches it finds it.
        return wire.exception_class(str(answer[2]), str(answer[5]))
    if kind in ("class", "enum") and len(answer) in (8, 9) and type(answer[6]) is list:
        return class_of(spec, name, answer)
    if kind == "module":
        return ProgramImport(spec, name)
    if kind != "function" or len(answer) != 7:
        raise bridge.nonsense()
    return ProgramFunction(spec, name, answer)


class ProgramImport:
    """A module that the program has imported: its functions, such as those that seed the program's random numbers, run there."""

    __class__ = property(lambda self: types.ModuleType)

    def __init__(self, spec, name):
        self.__dict__.update(_spec=spec, _name=name, __name__=name.rpartition(".")[2])

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self._spec, f"{self._name}.{name}")

    def __setattr__(self, name, value):
        _assign(self._spec, f"{self._name}.{name}", value)

    def __repr__(self):
        return f"<module {self._name} of the program>"


def class_of(spec, name, answer):
    try:
        return (ProgramEnum if answer[1] == "enum" else ProgramClass)(spec, name, answer)
    except (TypeError, AttributeError):
        raise bridge.nonsense() from None


def load(module, path, source=None):
    """Make a module one of the program: its file is run there, and the module here becomes a proxy."""
    bridge.state["generation"] += 1
    _seen["values"].clear()
    number = bridge.state["generation"] if module.__name__ not in bridge.state.get("prepared", ()) else 0
    spec = [module.__name__, path, number, source]
    module.__class__ = ProgramModule
    own = _own(module)
    # What a module has that is loaded again is what it had before.
    for name in own.pop("_hyperspace_names", ()):
        own.pop(name, None)
    own["_hyperspace_spec"] = spec
    request, beside = ["load", spec], files.beside(path) if source is not None else []
    answer = files.answer_of(bridge.ask(files.request_with(beside, request)), beside) if beside else bridge.ask(request)
    names = bridge.value_of(answer)
    own["_hyperspace_names"] = [name for name in names if type(name) is str]
    bridge.state["loaded"] = True
    _loaded[module.__name__] = _loaded[None] = spec
    return module
