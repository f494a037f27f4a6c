"""The program's side of an evaluation: it loads the program's files and does what the evaluator asks, one request at a time.

The program can change everything here. That is of no use to it: what leaves is data, which the evaluator's guest decodes and
judges, and a program that answers nonsense has answered nonsense.
"""

import asyncio
import builtins
import copy
import enum
import functools
import importlib.util
import inspect
import io
import os
import sys
import traceback
import types

import _hyperspace
import hyperspace_alarm
import hyperspace_hooks as hooks
import hyperspace_library as library
import hyperspace_python
import hyperspace_threads as threads
import hyperspace_wire as wire

hyperspace_python.prepare()
hyperspace_python.like_posix()
hooks.install()
threads.state["deadline"] = hyperspace_alarm.Deadline
threads.install_when_asked_for(hooks.after_import)

TRACEBACK_MAX = 8000  # characters of a traceback that are told
HANDLES_MAX = 10_000
PRINTED_MAX = 1_000_000  # characters of a stream during one call
ARGUMENTS_MAX = 4000  # characters of the arguments of an exception, and of each of its attributes
ATTRIBUTES_MAX = 16

_send, _dumps, _loads, _quoted = _hyperspace.send, wire.dumps, wire.loads, wire.quoted
_modules = {}
_failed = {}
_originals = {}  # functions and classes in whose place the evaluator has put something
_handles = {}
_numbers = {}  # of kept objects, by their identity
wire.shared["files"] = ("/",)
_state = {"doing": "the answer", "handles": 0}  # the path of the value that is about to cross; the number of the last object


def framed(payload, callback):
    return f'{{"op":"bridge.next","params":{{"payload":{_quoted(payload)},"callback":{"true" if callback else "false"}}}}}'


def exchange(answer, callback=False):
    """Hand over an answer, and wait for the next request. An answer that is too large becomes an error that says so."""
    payload = _dumps(answer)
    frame = framed(payload, callback)
    if len(frame) > wire.FRAME_BYTES_MAX:
        if len(payload) > wire.BYTES_MAX:
            error = wire.NotData(f"{_state['doing']} takes {len(payload)} bytes; at most {wire.BYTES_MAX} cross at a time")
            if callback:
                raise error
            payload = _dumps(described(error))
        frame = framed(wire.handed_over(payload, "bridge.part", _send), callback)
    reply = _loads(str(_send(frame.encode("ascii")), "utf-8"))
    if "error" in reply:
        raise SystemExit(0)
    return _loads(reply["ok"]["payload"])


class Callback:
    """A function of the evaluator. Calling it runs it there, at this program's cost."""

    def __init__(self, number, name):
        self._number = number
        self.__name__ = self.__qualname__ = name

    def __repr__(self):
        return f"<function {self.__name__} of the evaluator>"

    def __call__(self, *args, **kwargs):
        sent, named = encoder().arguments(args, kwargs)
        _state["doing"] = f"the arguments of {self.__name__}()"
        request = exchange(["c", self._number, sent, named], True)
        while request[0] not in ("return", "raise"):
            request = exchange(handle(request))
        if request[0] == "raise":
            name, text, base, args, number, module = request[1:]
            error = wire.exception(name, text, base, decoder().decode(args), module)
            error._hyperspace_number = number
            raise error
        for at, now in request[2]:
            library.replace(args[at] if type(at) is int else kwargs[at], decoder().decode(now))
        return decoder().decode(request[1])


def prepare(name, path):
    """Load the program once, before the evaluator asks: every call then starts from this state."""
    try:
        load([name, path, 0, None])
    except BaseException as error:
        _failed[(name, path, 0)] = described(error)


def load(spec):
    """The module of `[name, path, number, source or None]`, loaded once for each number."""
    name, path, number, source = spec
    key = (name, path, number)
    if key in _modules:
        return _modules[key]
    if source is not None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(source)
    folder = os.path.dirname(path)
    if os.path.basename(path) == "__init__.py":
        folder = os.path.dirname(folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None:
        loader = importlib.machinery.SourceFileLoader(name, path)
        module_spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(module_spec)
    kept = sys.modules.get(name)
    sys.modules[name] = module
    try:
        module_spec.loader.exec_module(module)
    except BaseException:
        if kept is None:
            sys.modules.pop(name, None)
        raise
    _modules[key] = module
    return module


def key_of(spec):
    return spec[0], spec[1], spec[2]


def assign(spec, dotted, value):
    """Set an attribute of a module, or of a class in it. Who holds the function that was there still has it."""
    above, _, name = dotted.rpartition(".")
    target = find(load(spec), above)
    before = getattr(target, name, None)
    if callable(before):
        _originals.setdefault((*key_of(spec), dotted), before)
    setattr(target, name, value)
    return ["v", None]


def star(module):
    """The names that `from module import *` gives, where what they name can cross."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = []
    for name in names:
        value = getattr(module, name)
        if inspect.ismodule(value):
            continue
        try:
            describe(value, name)
        except wire.NotData:
            continue
        found.append(name)
    return ["v", found]


def referred(body):
    """What the evaluator hands over of this program: an object by its number, a method by object and name, a function by module and name."""
    if type(body) is int:
        return _handles[body]
    of, name = body
    if type(of) is int:
        return getattr(_handles[of], name)
    return _originals.get((*key_of(of), name)) or find(load(of), name)


def find(target, dotted):
    for part in dotted.split(".") if dotted else ():
        target = getattr(target, part)
    return target


def describe(value, path):
    """The answer for an attribute: a description of a function, class or module, or the data."""
    if isinstance(value, type):
        base = builtin_base(value).__name__ if issubclass(value, BaseException) else None
        above = [own.__qualname__ for own in value.__mro__[:-1]]
        line = vars(value).get("__firstlineno__")
        if issubclass(value, enum.Enum):
            return ["d", "enum", value.__name__, value.__doc__, None, [encoder().encode(member) for member in value], above, line]
        return ["d", "class", value.__name__, value.__doc__, parameters(value), base, above, line, class_name(value)]
    if inspect.ismodule(value):
        return ["d", "module", value.__name__, None, None, False]
    if callable(value) and (inspect.isroutine(value) or not is_own(value)):
        code = getattr(inspect.unwrap(value), "__code__", None)
        place = [code.co_filename, code.co_firstlineno] if code is not None else None
        doc = getattr(value, "__doc__", None)
        return ["d", "function", getattr(value, "__name__", "function"), doc, parameters(value), kind_of(value), place]
    _state["doing"] = path
    return ["v", encoder().whole(value, path)]


def kind_of(function):
    """What calling a function gives that is no plain value: a coroutine, a generator, or one of both."""
    if inspect.iscoroutinefunction(function):
        return "coroutine"
    if inspect.isasyncgenfunction(function):
        return "asynchronous generator"
    return "generator" if inspect.isgeneratorfunction(function) else ""


def parameters(value):
    """The signature of a function: `[name, kind, is optional, default, annotation]` of each parameter, and of what it returns the annotation; None
    where nobody knows."""
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return None
    empty = inspect.Parameter.empty
    own = [[p.name, int(p.kind), p.default is not empty, plain(p.default), annotation(p.annotation)] for p in signature.parameters.values()]
    return [own, annotation(signature.return_annotation)]


def plain(value):
    """The encoding of a default value; its text where it cannot cross."""
    found = small(value) if value is not inspect.Parameter.empty else None
    return str(value)[:100] if found is None and value is not None else found


def annotation(value):
    """The encoding of an annotation: a class of Python, or its text; None without one."""
    if value is inspect.Parameter.empty:
        return None
    found = small(value) if isinstance(value, (type, str)) else None
    return inspect.formatannotation(value)[:200] if found is None else found


def builtin_base(kind):
    """The nearest class above a class of exceptions that Python itself has."""
    return next(base for base in kind.__mro__ if base.__module__ == "builtins")


def decoder():
    return wire.Decoder(Callback, referred, None, class_named)


def encoder():
    """An encoder of what leaves: objects of the program stay, and records know their class."""
    return wire.Encoder(None, handle_of, None, class_name)


_inner_classes = {}  # classes that no module has, by their names


def class_name(kind):
    """The name of a class of the program, by which a record comes back as what it is; None of another class."""
    if kind.__module__.partition(".")[0] in LIBRARY:
        return None
    name = f"{kind.__module__}:{kind.__qualname__}"
    if class_named(name) is not kind and len(_inner_classes) < wire.CLASSES_MAX:
        _inner_classes[name] = kind
    return name


def class_named(name):
    """The class of this name; None if it is gone with an earlier guest."""
    if name in _inner_classes:
        return _inner_classes[name]
    module, _, qualified = name.partition(":")
    found = sys.modules.get(module)
    for part in qualified.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def on_record(request):
    """What is done with a record of a class of the program, which is made anew from its fields: `[operation, module, record, name, args, kwargs]`."""
    operation, _, body, name = request[:4]
    thing = decoder().decode(body)
    where, value = f"{type(thing).__name__}.{name}", getattr(thing, name)
    if operation == "field":
        return ["d", "method", inspect.iscoroutinefunction(value)] if inspect.isroutine(value) else describe(value, where)
    return ["m", call(value, f"{where}()", request[4], request[5]), encoder().encode(thing)]


def finished(value):
    """The value, awaited if that is what it is for: in one loop, in which what was begun goes on at the next call."""
    if not inspect.isawaitable(value):
        return value

    async def wait():
        return await value

    if asyncio._get_running_loop() is not None:
        return asyncio.run(wait())
    if _state.get("loop") is None:
        _state["loop"] = asyncio.new_event_loop()
    return _state["loop"].run_until_complete(wait())


def call(function, path, sent, named):
    args, kwargs = decoder().arguments(sent, named)
    value = finished(function(*args, **kwargs))
    _state["doing"] = path
    answer = ["v", value if type(value) in wire.PLAIN else wire.Encoder(None, handle_of, None, class_name).whole(value, path)]
    if wire.may_change(sent, named):
        own = wire.Encoder(lambda function: getattr(function, "_number", -1), handle_of, None, class_name)
        changed = own.changes(args, kwargs, sent, named, lambda body: decoder().decode(body, 1))
        if changed:
            answer.append(changed)
    return answer


# Operations of an object that its proxy may have where its class has them; those of an answer are fewer.
OPERATIONS = (
    "aenter", "aexit", "aiter", "anext", "call", "contains", "delitem", "enter", "exit", "getitem", "iter", "len", "next", "reversed", "setitem",
    *wire.CALCULATIONS,
)
CACHED = type(functools.lru_cache(len))
LIBRARY = frozenset((*sys.stdlib_module_names, "builtins", "hyperspace_wire"))


def is_own(value):
    """Whether a value is an object or a function of the program or of a package, an iterator or a context: its proxy may cross, where its data cannot."""
    kind = type(value)
    if kind in (types.FunctionType, types.MethodType):
        return (value.__module__ or "").partition(".")[0] not in LIBRARY
    if kind.__module__.partition(".")[0] not in LIBRARY:
        return not isinstance(value, type)
    if kind is functools.partial:
        return is_own(value.func)
    if hasattr(kind, "read") or kind.__module__ in ("_thread", "threading"):
        return False
    pairs = (("__next__", "__iter__"), ("__anext__", "__aiter__"), ("__enter__", "__exit__"), ("__aenter__", "__aexit__"))
    return kind is CACHED or any(hasattr(kind, one) and hasattr(kind, other) for one, other in pairs)


def handle_of(value):
    """The encoding of an object that stays here; None for any other value."""
    return kept(value) if is_own(value) else None


def kept(thing):
    """The number of an object that stays here, its class, the names of its classes, and its operations."""
    number = _numbers.get(id(thing))
    if number is None:
        if len(_handles) >= HANDLES_MAX:
            raise MemoryError(f"more than {HANDLES_MAX} objects of the program are in use")
        _state["handles"] += 1
        number = _numbers[id(thing)] = _state["handles"]
        _handles[number] = thing
    kind = type(thing)
    if kind not in _classes:
        names = [base.__qualname__ for base in kind.__mro__[:-1]]
        made = {name for base in kind.__mro__[:-1] for name in vars(base)}
        own = [name for name in OPERATIONS if f"__{name}__" in made and getattr(kind, f"__{name}__") is not None]
        _classes[kind] = names, own
    name = getattr(thing, "__name__", None)
    return [number, name if type(name) is str else kind.__name__, *_classes[kind]]


_classes = {}


def release(numbers):
    """Forget objects that the evaluator has no more."""
    for number in numbers:
        if number in _handles:
            _numbers.pop(id(_handles.pop(number)), None)
    return ["v", None]


def on_object(request):
    """What is done with an object of the program: `[operation, handle, name, args, kwargs]`."""
    operation, number, name = request[:3]
    thing = _handles.get(number)
    if thing is None:
        raise LookupError("this object of the program is gone: with isolation = \"call\", each call starts anew")
    if operation == "copy":
        return ["h", kept(getattr(copy, name)(thing))]
    if operation == "names":
        return ["v", [own for own in (vars(thing) if name == "own" else dir(thing)) if type(own) is str]]
    where = f"{type(thing).__name__}.{name}"
    if operation == "set":
        setattr(thing, name, decoder().decode(request[3]))
        return ["v", None]
    if operation == "delete":
        delattr(thing, name)
        return ["v", None]
    if operation == "calculate":
        value = getattr(type(thing), f"__{name}__")(thing, *decoder().arguments(request[3], {})[0])
        _state["doing"] = where
        return ["i"] if value is NotImplemented else ["v", encoder().whole(value, where)]
    if operation == "read":
        value = getattr(thing, name)
        # Of a method only that it is one is asked for.
        return ["d", "method", inspect.iscoroutinefunction(value)] if inspect.isroutine(value) else describe(value, where)
    if name in ("__exit__", "__aexit__"):
        (error,), _ = decoder().arguments(request[3], {})
        return ["v", bool(finished(getattr(thing, name)(None if error is None else type(error), error, None)))]
    return call(thing if name == "__call__" else getattr(thing, name), f"{where}()", request[3], request[4])


def handle(request):
    """The answer to one request; whatever the program raises is one."""
    try:
        operation = request[0]
        if operation in ("set", "delete", "read", "method", "copy", "names", "calculate"):
            return on_object(request)
        if operation == "release":
            return release(request[1])
        if operation == "with":
            return with_files(*request[1:])
        if operation == "printed":
            return printed(*request[1:])
        if operation == "environ":
            return with_variables(*request[1:])
        spec = request[1]
        failed = _failed.get((spec[0], spec[1], spec[2]))
        if failed is not None:
            return failed
        module = load(spec)
        if operation == "load":
            return ["v", [name for name in vars(module) if not name.startswith("__")]]
        if operation == "star":
            return star(module)
        if operation in ("field", "act"):
            return on_record(request)
        name = request[2]
        if operation == "above":
            kind = class_named(name)
            return ["v", [] if kind is None else [class_name(base) for base in kind.__mro__]]
        if operation == "assign":
            return assign(spec, name, decoder().decode(request[3]))
        if operation in ("call", "new") and (*key_of(spec), name) in _originals:
            return done(operation, _originals[(*key_of(spec), name)], name, request)
        try:
            target = find(module, name)
        except AttributeError as error:
            defined = ", ".join(name for name in vars(module) if not name.startswith("_"))
            error.args = (f"{error}; it defines {defined[:500] or 'nothing'}",)
            raise error.with_traceback(None)
        if operation == "get":
            return describe(target, f"{module.__name__}.{name}")
        return done(operation, target, name, request)
    except BaseException as error:
        return described(error)


def done(operation, target, name, request):
    """What comes of calling a function, or of making an object of a class."""
    if operation == "call":
        return call(target, f"{name}()", request[3], request[4])
    if operation == "new":
        args, kwargs = decoder().arguments(request[3], request[4])
        made = target(*args, **kwargs)
        # A named tuple is data, and nothing else.
        return ["v", encoder().whole(made, name)] if isinstance(made, tuple) and hasattr(made, "_fields") else ["h", kept(made)]
    raise ValueError(f"no such request: {operation}")


def with_variables(variables, request):
    """The answer to a request, in the environment that the evaluator has given itself."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return handle(request)


def printed(request, given=None, asked=None):
    """The answer to a request, with what was printed meanwhile: the evaluator has its output go somewhere, and this goes there, too. `given` is the
    text of its input, where that comes from somewhere, and `asked` its function in place of `input`."""
    own, texts = (sys.stdout, sys.stderr, sys.stdin, builtins.input), (io.StringIO(), io.StringIO())
    sys.stdout, sys.stderr = texts
    read = sys.stdin = sys.stdin if given is None else io.StringIO(given)
    try:
        if asked is not None:
            builtins.input = decoder().decode(asked)
        answer = handle(request)
    finally:
        sys.stdout, sys.stderr, sys.stdin, builtins.input = own
    found = [text.getvalue() for text in texts]
    for stream, text in zip(own, found):
        stream.write(text)
    return ["p", answer, *(text[:PRINTED_MAX] for text in found), 0 if given is None or read.closed else read.tell()]


def with_files(sent, watched, request):
    """The answer to a request that names files: they are written before it, and those that it changes go back."""
    for path, content in decoder().decode(sent):
        os.makedirs(path if content is None else os.path.dirname(path), exist_ok=True)
        if content is not None:
            with open(path, "wb") as stream:
                stream.write(content)
    before = contents(watched)
    answer = handle(request)
    after = contents(watched)
    changes = [[path, after.get(path)] for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    return ["w", answer, wire.Encoder().encode(changes)]


def contents(paths):
    """The files at these paths and below them, with their contents."""
    found = {}
    for path in paths:
        names = [path] if os.path.isfile(path) else [os.path.join(folder, name) for folder, _, inner in os.walk(path) for name in inner]
        for name in names:
            with open(name, "rb") as stream:
                found[name] = stream.read()
    return found


def described(error):
    """The answer for an exception: its class, text and traceback, without the frames of this file, Python's class above it, its arguments and
    attributes, and its number if the evaluator raised it."""
    trace = error.__traceback__
    while trace is not None and is_between(trace.tb_frame):
        trace = trace.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, trace)) if trace is not None or isinstance(error, SyntaxError) else ""
    except BaseException:
        text = ""
    message = wire.text_of(error)
    if isinstance(error, wire.NotData):
        return ["x", "TypeError", message, "", "TypeError", None, {}, None, None]
    name, base = str(type(error).__name__)[:200], builtin_base(type(error)).__name__
    if isinstance(error, SystemExit):
        name, message, base = "SystemExit", str(error.code)[:200], "SystemExit"
    number = getattr(error, "_hyperspace_number", None)
    module, number = str(type(error).__module__)[:200], number if type(number) is int else None
    return ["x", name, message, text[-TRACEBACK_MAX:], base, small(arguments_of(error)), attributes_of(error), number, module]


def arguments_of(error):
    """The arguments of an exception; those of the system name a file."""
    if isinstance(error, OSError) and error.filename is not None and len(error.args) == 2:
        return [*error.args, error.filename]
    return list(error.args)


def is_between(frame):
    """Whether a frame is of this file or of Python's import, which stand between the evaluator and the program."""
    return frame.f_globals is globals() or frame.f_code.co_filename.startswith("<frozen importlib")


def small(value):
    """The encoding of a value; None if it is large or cannot cross."""
    try:
        found = wire.Encoder().encode(value, 1)
        return found if len(_dumps(found)) <= ARGUMENTS_MAX else None
    except Exception:
        return None


def attributes_of(error):
    """The attributes that an exception has of its own."""
    own = [(name, value) for name, value in vars(error).items() if type(name) is str and not name.startswith("_")]
    return {name: found for name, value in own[:ATTRIBUTES_MAX] if (found := small(value)) is not None or value is None}


def serve():
    """Do what the evaluator asks until there is nothing more to do."""
    answer = ["v", None]
    while True:
        request = exchange(answer)
        if request[0] == "end":
            return
        try:
            answer = handle(request)
        except BaseException as error:
            answer = described(error)
        if sys.stdout is not None:
            try:
                sys.stdout.flush()
            except Exception:
                pass
