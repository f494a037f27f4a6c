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
    answer = _answered(request, args, kwargs)
    if len(answer) > 2 and answer[0] == "v":
        try:
            changes = [(args[index], now) for index, now in answer[2]]
        except (TypeError, ValueError, IndexError):
            raise bridge.nonsense() from None
        for old, now in changes:
            _change(old, bridge.decoded(now))
    return bridge.value_of(answer, request[0] == "method" and request[2] in NEXT)


def _change(old, new):
    if type(old) is not type(new) or library.change(old, new):
        return
    if isinstance(old, (list, bytearray)):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)
    elif getattr(old, "shape", None) == new.shape and old.dtype == new.dtype and old.flags.writeable:
        old[...] = new


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
    __defaults__ = __kwdefaults__ = __closure__ = None

    def __init__(self, spec, name, description):
        self._spec, self._name = spec, name
        _, _, own, doc, parameters, asynchronous, place = description
        self.__name__, self.__qualname__, self.__doc__ = str(own), str(name), doc
        self.__module__ = spec[0]
        self.__dict__["__annotations__"] = {}
        self._parameters, self._place = parameters, place
        self._is_async = bool(asynchronous)

    def __call__(self, *args, **kwargs):
        request = ["call", self._spec, self._name, *_sent(args, kwargs)]
        return _later(request, args, kwargs) if self._is_async else _called(request, args, kwargs)

    def __deepcopy__(self, memo=None):
        return self

    __copy__ = __deepcopy__

    @property
    def __signature__(self):
        if self._parameters is None:
            raise AttributeError("__signature__")
        return signature_of(self._parameters)

    @property
    def __code__(self):
        return code_of(self.__name__, self._place, self._parameters, self._is_async)

    def __repr__(self):
        return f"<function {self._name} of the program>"


def code_of(name, place, parameters, is_async):
    """Code that says of a function what can be known of it: its place and its parameters. It does nothing."""
    kinds = inspect._ParameterKind
    made = [(str(parameter[0]), parameter[1]) for parameter in parameters or ()]
    count = {kind: sum(own == kind for _, own in made) for kind in kinds}
    places = sorted(made, key=lambda one: (one[1] == kinds.VAR_KEYWORD, one[1] == kinds.VAR_POSITIONAL))
    flags = (0x80 if is_async else 0) | (4 if count[kinds.VAR_POSITIONAL] else 0) | (8 if count[kinds.VAR_KEYWORD] else 0)
    file, line = place if type(place) is list and len(place) == 2 else ("<the program>", 1)
    return (lambda: None).__code__.replace(
        co_name=name, co_qualname=name, co_filename=str(file), co_firstlineno=max(1, int(line)), co_flags=3 | flags,
        co_argcount=count[kinds.POSITIONAL_ONLY] + count[kinds.POSITIONAL_OR_KEYWORD], co_posonlyargcount=count[kinds.POSITIONAL_ONLY],
        co_kwonlyargcount=count[kinds.KEYWORD_ONLY], co_varnames=tuple(own for own, _ in places), co_nlocals=len(places),
    )


def signature_of(parameters):
    empty = inspect.Parameter.empty
    made = []
    for name, kind, optional, default in parameters:
        made.append(inspect.Parameter(str(name), inspect._ParameterKind(kind), default=default if optional else empty))
    return inspect.Signature(made)


class ProgramClass:
    """A class of the program: calling it makes an object there, whose methods can be called from here. For those who look, it is a class."""

    __class__ = property(lambda self: type)

    def __init__(self, spec, name, description):
        names = frozenset(map(str, description[6]))
        own = {"_spec": spec, "_name": name, "_parameters": description[4], "_names": names, "__bases__": (object,), "__module__": spec[0]}
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
        return isinstance(value, ProgramObject) and self._name in value._classes

    def __subclasscheck__(self, other):
        return isinstance(other, ProgramClass) and self._name in other._names

    @property
    def __signature__(self):
        return signature_of(self._parameters or [])

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
        if self._guest == bridge.state["guest"] and _found(self._number, ANSWERED if self._allowed is MADE_HERE else MADE_HERE) is None:
            bridge.released[self._number] = None

    def _alive(self):
        if self._guest != bridge.state["guest"]:
            raise LookupError(f"{self!r} is gone with the program's guest, which has ended")
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

    def __dir__(self):
        return [name for name in bridge.value_of(bridge.ask(["names", self._alive(), ""])) if type(name) is str]

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


# Operations of objects that came as an answer, and of those that the evaluator made of a class. Comparisons are none: an answer that is equal to
# everything would be right everywhere. Nor has an answer content that may be another the next time; an iterator gives each value once.
ANSWERED = frozenset(("aenter", "aexit", "anext", "call", "enter", "exit", "next"))
MADE_HERE = ANSWERED | frozenset(("aiter", "contains", "delitem", "getitem", "iter", "len", "setitem"))
KINDS_MAX = 1000
_objects = weakref.WeakValueDictionary()  # by number and operations that they may have
_kinds = {}


def _operation(name):
    def operate(self, *args):
        return ProgramMethod(self, f"__{name}__")(*args)

    operate.__name__ = operate.__qualname__ = name
    return operate


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


def _kind(name, allowed, operations):
    """The class of proxies of objects of this class, with these operations."""
    operations = allowed.intersection(operations)
    name = name if len(_kinds) < KINDS_MAX and name.isidentifier() else "ProgramObject"
    key = name, allowed, operations
    if key not in _kinds:
        own = {"call": _call, "next": _next, "anext": _next_later, "enter": _enter, "aenter": _enter_later, "exit": _leave, "aexit": _leave_later}
        made = {f"__{one}__": own.get(one) or _operation(one) for one in sorted(operations)}
        if "next" in operations:
            made["__iter__"] = _self
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


bridge.state.update(objects=object_of, number_of=number_of, note=files.note, mention=files.mention)


class ProgramMethod:
    """A method of an object of the program."""

    def __init__(self, own, name, is_async=False):
        self.__self__, self.__name__, self._is_async = own, name, is_async
        if is_async:
            inspect.markcoroutinefunction(self)

    def __call__(self, *args, **kwargs):
        request = ["method", self.__self__._alive(), self.__name__, *_sent(args, kwargs)]
        return _later(request, args, kwargs) if self._is_async else _called(request, args, kwargs)


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
    if _seen["moment"] != bridge.moment():
        _seen.update(moment=bridge.moment(), values={})
    key = (*spec[:3], name)
    if key not in _seen["values"]:
        _seen["values"][key] = _attribute(spec, name)
    return _seen["values"][key]


def _attribute(spec, name):
    answer = bridge.ask(["get", spec, name])
    if answer[0] != "d":
        return bridge.value_of(answer)
    kind = answer[1] if len(answer) in (6, 7) else None
    if kind == "class" and answer[5] is not None:
        # Raised there, it is this class here: what catches it finds it.
        return wire.exception_class(str(answer[2]), str(answer[5]))
    if kind in ("class", "enum") and len(answer) == 7 and type(answer[6]) is list:
        return class_of(spec, name, answer)
    if kind == "module":
        raise AttributeError(f"{name} is a module that the program imports, and no data")
    if kind != "function" or len(answer) != 7:
        raise bridge.nonsense()
    return ProgramFunction(spec, name, answer)


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
    return module
