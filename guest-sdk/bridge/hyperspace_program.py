"""The program's side of an evaluation: it loads the program's files and does what the evaluator asks, one request at a time.

The program can change everything here. That is of no use to it: what leaves is data, which the evaluator's guest decodes and
judges, and a program that answers nonsense has answered nonsense.
"""

import importlib.util
import inspect
import os
import sys
import traceback

import _hyperspace
import hyperspace_python
import hyperspace_wire as wire

hyperspace_python.prepare()

TRACEBACK_MAX = 8000  # characters of a traceback that are told
HANDLES_MAX = 10_000

_send, _dumps, _loads, _quoted = _hyperspace.send, wire.dumps, wire.loads, wire.quoted
_modules = {}
_failed = {}
_handles = {}
_state = {"doing": "the answer"}  # the path of the value that is about to cross
_next_handle = 0


def framed(answer, callback):
    payload = _quoted(_dumps(answer))
    return f'{{"op":"bridge.next","params":{{"payload":{payload},"callback":{"true" if callback else "false"}}}}}'


def exchange(answer, callback=False):
    """Hand over an answer, and wait for the next request. An answer that is too large becomes an error that says so."""
    frame = framed(answer, callback)
    if len(frame) > wire.BYTES_MAX:
        error = wire.NotData(f"{_state['doing']} takes {len(frame)} bytes; at most {wire.BYTES_MAX} cross at a time")
        if callback:
            raise error
        frame = framed(described(error), False)
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
        sent, named = wire.Encoder().arguments(args, kwargs)
        _state["doing"] = f"the arguments of {self.__name__}()"
        request = exchange(["c", self._number, sent, named], True)
        while request[0] not in ("return", "raise"):
            request = exchange(handle(request))
        if request[0] == "raise":
            raise wire.exception(request[1], request[2])
        return wire.Decoder(Callback).decode(request[1])


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


def find(target, dotted):
    for part in dotted.split(".") if dotted else ():
        target = getattr(target, part)
    return target


def describe(value, path):
    """The answer for an attribute: a description of a function, class or module, or the data."""
    if isinstance(value, type):
        return ["d", "class", value.__name__, value.__doc__, parameters(value), issubclass(value, BaseException)]
    if inspect.ismodule(value):
        return ["d", "module", value.__name__, None, None, False]
    if callable(value):
        asynchronous = inspect.iscoroutinefunction(value)
        return ["d", "function", getattr(value, "__name__", "function"), getattr(value, "__doc__", None), parameters(value), asynchronous]
    _state["doing"] = path
    return ["v", wire.Encoder().whole(value, path)]


def parameters(value):
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return None
    empty = inspect.Parameter.empty
    return [[p.name, int(p.kind), p.default is not empty, str(p.default)[:100]] for p in signature.parameters.values()]


def call(function, path, sent, named):
    args, kwargs = wire.Decoder(Callback).arguments(sent, named)
    value = wire.finished(function(*args, **kwargs))
    _state["doing"] = path
    answer = ["v", wire.Encoder().whole(value, path)]
    changed = []
    for index, arg in enumerate(args):
        if type(arg) in (list, dict, set, bytearray):
            try:
                now = wire.Encoder(lambda function: getattr(function, "_number", -1)).encode(arg, 1)
            except wire.NotData:
                continue
            if now != sent[index]:
                changed.append([index, now])
    if changed:
        answer.append(changed)
    return answer


def keep(thing):
    global _next_handle
    if len(_handles) >= HANDLES_MAX:
        raise MemoryError(f"more than {HANDLES_MAX} objects of the program are in use")
    _next_handle += 1
    _handles[_next_handle] = thing
    return _next_handle


def on_object(request):
    """What is done with an object of the program: `[operation, handle, name, args, kwargs]`."""
    operation, number, name = request[:3]
    thing = _handles[number]
    where = f"{type(thing).__name__}.{name}"
    if operation == "set":
        setattr(thing, name, wire.Decoder(Callback).decode(request[3]))
        return ["v", None]
    if operation == "read":
        value = getattr(thing, name)
        # Of a method only that it is one is asked for.
        return ["d", "method"] if inspect.isroutine(value) else describe(value, where)
    return call(getattr(thing, name) if name != "__call__" else thing, f"{where}()", request[3], request[4])


def handle(request):
    """The answer to one request; whatever the program raises is one."""
    try:
        operation = request[0]
        if operation in ("set", "read", "method"):
            return on_object(request)
        spec = request[1]
        failed = _failed.get((spec[0], spec[1], spec[2]))
        if failed is not None:
            return failed
        module = load(spec)
        if operation == "load":
            return ["v", [name for name in vars(module) if not name.startswith("__")]]
        name = request[2]
        try:
            target = find(module, name)
        except AttributeError as error:
            defined = ", ".join(name for name in vars(module) if not name.startswith("_"))
            error.args = (f"{error}; it defines {defined[:500] or 'nothing'}",)
            raise error.with_traceback(None)
        if operation == "get":
            return describe(target, f"{module.__name__}.{name}")
        if operation == "call":
            return call(target, f"{name}()", request[3], request[4])
        if operation == "new":
            args, kwargs = wire.Decoder(Callback).arguments(request[3], request[4])
            return ["h", keep(target(*args, **kwargs)), target.__name__]
        raise ValueError(f"no such request: {operation}")
    except BaseException as error:
        return described(error)


def described(error):
    """The answer for an exception: its class, text and traceback, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, trace)) if trace is not None else ""
    except BaseException:
        text = ""
    kind = type(error)
    name = kind.__name__
    message = wire.text_of(error)
    if isinstance(error, wire.NotData):
        return ["x", "TypeError", message, ""]
    if isinstance(error, SystemExit):
        name, message = "SystemExit", str(error.code)[:200]
    return ["x", str(name)[:200], message, text[-TRACEBACK_MAX:]]


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
