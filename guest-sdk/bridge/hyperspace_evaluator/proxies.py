"""Proxies of the program's modules, functions, classes and objects."""

import inspect
import types

import hyperspace_wire as wire

from . import bridge

IMMEDIATE = {"__wrapped__", "__path__", "__all__", "__file__", "__spec__", "__loader__", "__cached__", "__package__"}


def _sent(args, kwargs):
    if not args and not kwargs:
        return [], {}
    return wire.Encoder(bridge.register).arguments(args, kwargs)


def _called(request, args):
    """The value of a call; lists and dictionaries that the program changed in place are changed here."""
    bridge.state["calls"] += 1
    answer = bridge.ask(request)
    if len(answer) > 2 and answer[0] == "v":
        for index, now in answer[2]:
            _change(args[index], wire.Decoder().decode(now, 1))
    return bridge.value_of(answer)


def _change(old, new):
    if type(old) is not type(new):
        return
    if isinstance(old, (list, bytearray)):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)


class ProgramFunction:
    """A function of the program: calling it runs it in the program's guest."""

    def __init__(self, spec, name, description):
        self._spec, self._name = spec, name
        _, _, own, doc, parameters, asynchronous = description
        self.__name__, self.__qualname__, self.__doc__ = str(own), str(name), doc
        self.__module__ = spec[0]
        self._parameters = parameters
        self._is_async = bool(asynchronous)

    def __call__(self, *args, **kwargs):
        sent, named = _sent(args, kwargs)
        if self._is_async:
            return self._later(sent, named, args)
        return _called(["call", self._spec, self._name, sent, named], args)

    async def _later(self, sent, named, args):
        return _called(["call", self._spec, self._name, sent, named], args)

    @property
    def __signature__(self):
        if self._parameters is None:
            raise AttributeError("__signature__")
        return signature_of(self._parameters)

    def __repr__(self):
        return f"<function {self._name} of the program>"


def signature_of(parameters):
    empty = inspect.Parameter.empty
    made = []
    for name, kind, optional, default in parameters:
        made.append(inspect.Parameter(str(name), inspect._ParameterKind(kind), default=default if optional else empty))
    return inspect.Signature(made)


class ProgramClass:
    """A class of the program: calling it makes an object there, whose methods can be called from here."""

    def __init__(self, spec, name, description):
        self._spec, self._name = spec, name
        self.__name__ = self.__qualname__ = str(description[2])
        self.__doc__, self.__module__ = description[3], spec[0]
        self._parameters = description[4]

    def __call__(self, *args, **kwargs):
        sent, named = _sent(args, kwargs)
        bridge.state["calls"] += 1
        answer = bridge.ask(["new", self._spec, self._name, sent, named])
        if answer[0] != "h":
            return bridge.value_of(answer)
        return ProgramObject(answer[1], str(answer[2]))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self._spec, f"{self._name}.{name}")

    @property
    def __signature__(self):
        return signature_of(self._parameters or [])

    def __repr__(self):
        return f"<class {self._name} of the program>"


class ProgramObject:
    """An object of the program. Its data can be read, its methods called, its attributes set."""

    def __init__(self, number, kind):
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        answer = bridge.ask(["read", self._number, name])
        if answer[0] != "d":
            return bridge.value_of(answer)
        return ProgramMethod(self._number, name)

    def __setattr__(self, name, value):
        bridge.value_of(bridge.ask(["set", self._number, name, wire.Encoder(bridge.register).whole(value, name)]))

    def __call__(self, *args, **kwargs):
        return ProgramMethod(self._number, "__call__")(*args, **kwargs)

    def __len__(self):
        return ProgramMethod(self._number, "__len__")()

    def __getitem__(self, key):
        return ProgramMethod(self._number, "__getitem__")(key)

    def __repr__(self):
        return f"<object of class {self._kind} of the program>"


class ProgramMethod:
    """A method of an object of the program."""

    def __init__(self, number, name):
        self._number, self.__name__ = number, name

    def __call__(self, *args, **kwargs):
        sent, named = _sent(args, kwargs)
        return _called(["method", self._number, self.__name__, sent, named], args)


class ProgramModule(types.ModuleType):
    """A module of the program. Its functions and classes are proxies, its data are copies."""

    def __getattr__(self, name):
        spec = self.__dict__.get("_hyperspace_spec")
        if spec is None or name in IMMEDIATE:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = attribute(spec, name)
        if isinstance(value, (ProgramFunction, ProgramClass)):
            self.__dict__[name] = value
        return value

    def __dir__(self):
        return sorted({*self.__dict__, *self.__dict__.get("_hyperspace_names", ())})


def attribute(spec, name):
    """An attribute of a module of the program: a proxy, or a copy of the data."""
    answer = bridge.ask(["get", spec, name])
    if answer[0] != "d":
        return bridge.value_of(answer)
    kind = answer[1]
    if kind == "class":
        return ProgramClass(spec, name, answer)
    if kind == "module":
        raise AttributeError(f"{name} is a module that the program imports, and no data")
    return ProgramFunction(spec, name, answer)


def load(module, path, source=None):
    """Make a module one of the program: its file is run there, and the module here becomes a proxy."""
    bridge.state["generation"] += 1
    number = bridge.state["generation"] if module.__name__ not in bridge.state.get("prepared", ()) else 0
    spec = [module.__name__, path, number, source]
    module.__class__ = ProgramModule
    module.__dict__["_hyperspace_spec"] = spec
    names = bridge.value_of(bridge.ask(["load", spec]))
    module.__dict__["_hyperspace_names"] = [name for name in names if type(name) is str]
    bridge.state["loaded"] = True
    return module
