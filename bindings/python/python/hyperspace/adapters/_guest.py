"""One way for all adapters to call a function of untrusted code: only data come back."""

from __future__ import annotations

import inspect
import logging
import math
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace._native import processors
from hyperspace._options import FUEL_PER_SECOND, json_of, text_of
from hyperspace._outcome import Outcome
from hyperspace._sandbox import Sandbox

log = logging.getLogger("hyperspace.adapters")

# Runs in the guest, where the code can change all of it. That gains nothing: only data leave, and the host judges them.
DRIVER = r'''
import linecache, math, os, sys, types

def plain(value, where):
    """Returns the JSON value of `value`: tuples and arrays become lists."""
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where}: {value} is no JSON number")
        return float(value)
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"{where}: the key {key!r} is no text")
        return {key: plain(each, f"{where}[{key!r}]") for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, f"{where}[{index}]") for index, each in enumerate(value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), where)
    raise TypeError(f"{where}: {type(value).__name__} is no JSON value")

def load(request):
    for path, text in request["files"].items():
        place = os.path.join("/tmp", path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
    if request["files"]:
        sys.path.insert(0, "/tmp")
    if request["seed"] is not None:
        import random
        random.seed(request["seed"])
    code, name = request["code"], request["name"]
    module = types.ModuleType(request["module"])
    module.__file__ = name
    sys.modules[module.__name__] = module
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    vars(module).update(request["variables"])
    exec(compile(code, name, "exec"), vars(module))
    return vars(module)

def captured(names, wanted):
    found = {}
    for name in list(names) if wanted is None else wanted:
        if wanted is None and (name.startswith("__") or isinstance(names[name], (types.ModuleType, types.FunctionType, type))):
            continue
        try:
            found[name] = plain(names.get(name), name)
        except Exception:
            pass
    return found

def execute(request):
    names = load(request)
    found = {"returned": None, "variables": {}}
    entry = request["entry"]
    if entry is not None:
        if not callable(names.get(entry)):
            defined = ", ".join(name for name, value in names.items() if callable(value) and not name.startswith("_"))
            raise AttributeError(f"the program defines no function {entry}; it defines {defined or 'none'}")
        found["returned"] = plain(names[entry](*request["args"], **request["kwargs"]), f"{entry}()")
    if request["capture"]:
        found["variables"] = captured(names, request["wanted"])
    return found
'''


_DRIVER_LINE = '  File "/program/driver.py", line '


@dataclass(frozen=True)
class Result:
    """The answer of one call. `value` is JSON data that the candidate made up: judge it, and believe nothing of it."""

    ok: bool
    """True if the code ran to its end and the function returned data."""
    value: Any
    error: str
    """Why it is not ok, in one line of words; otherwise empty."""
    outcome: Outcome = field(repr=False)
    variables: dict[str, Any] = field(default_factory=dict, repr=False)

    def artifacts(self) -> dict[str, str]:
        """Returns texts that tell a model what happened."""
        outcome = self.outcome
        found = {"outcome": self.error or "completed", "traceback": own_traceback(outcome)}
        found |= {"stdout": outcome.stdout, "stderr": outcome.stderr, "fuel": str(outcome.fuel), "digest": outcome.digest}
        return {name: text for name, text in found.items() if text}


def own_traceback(outcome: Outcome) -> str:
    """Returns the traceback of an exception without the lines of the driver, which are of no use."""
    kept, skips = [], False
    for line in (outcome.traceback or "").splitlines(keepends=True):
        if line.startswith('  File "'):
            skips = line.startswith(_DRIVER_LINE)
        elif not line.startswith("    "):
            skips = False
        if not skips:
            kept.append(line)
    if not any(line.startswith('  File "') and ", in " in line for line in kept):
        kept = kept[1:]  # "Traceback (most recent call last):", of nothing
    return "".join(kept)


@dataclass(frozen=True)
class Call:
    """A call of one function of a program: the program's text, the function, its arguments."""

    code: str
    entry: str | None
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """More files of the program, by relative path."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    module: str = "program"
    name: str = "program.py"
    seed: int | None = None
    capture: bool = False
    wanted: Sequence[str] | None = None

    def request(self) -> dict[str, Any]:
        """Returns the request for the guest. Refuses anything that is not data."""
        for path in self.files:
            if not isinstance(path, str) or path.startswith("/") or ".." in path.split("/") or not path or "\0" in path:
                raise UsageError(f"files: {path!r} is no path within the program's folder")
        document = {
            "code": text_of(self.code), "entry": self.entry, "args": list(self.args), "kwargs": dict(self.kwargs),
            "files": {path: text_of(text, f"files: {path}") for path, text in self.files.items()},
            "variables": dict(self.variables), "module": self.module, "name": self.name, "seed": self.seed,
            "capture": self.capture, "wanted": None if self.wanted is None else list(self.wanted),
        }
        json_of(document, f"arguments of {self.entry or 'the program'}")
        return document


def seconds(timeout: float | None, what: str = "timeout") -> int:
    """Returns the fuel for a time limit: a virtual second is a thousand million units."""
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not math.isfinite(timeout) or timeout <= 0:
        raise UsageError(f"{what}: expected seconds above 0, not {timeout!r}")
    return max(1, int(timeout * FUEL_PER_SECOND))


# How many guests wait for the code that runs: a function of this process that a guest called may need guests itself.
depth: ContextVar[int] = ContextVar("hyperspace_adapters_depth", default=0)


def apart(options: Mapping[str, Any], level: int) -> dict[str, Any]:
    """Returns the options of a sandbox with separate workers for each level, so that waiting guests never block those that they
    wait for."""
    return {**options, "workers": (options.get("workers") or processors()) + level} if level else dict(options)


def sandbox(timeout: float, options: Mapping[str, Any]) -> Sandbox:
    """Returns a sandbox with a time limit; the options are those of `hyperspace.Sandbox`."""
    if "tools" in options:
        raise UsageError("tools: this adapter lends no functions to its guests")
    return Sandbox(**{"fuel": seconds(timeout), **apart(options, depth.get())})


def read(path: Any) -> str:
    """Returns the text of a candidate's file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError, TypeError) as error:
        raise UsageError(f"{path}: the program cannot be read: {error}") from None


def result(outcome: Outcome) -> Result:
    """Returns the result of a call. An answer in another format than the driver's does not count as one."""
    value = outcome.value
    if not outcome.ok:
        return Result(False, None, outcome.describe(), outcome)
    if not isinstance(value, dict) or set(value) != {"returned", "variables"} or not isinstance(value["variables"], dict):
        return Result(False, None, "the program answered in a shape that no answer has", outcome)
    return Result(True, value["returned"], "", outcome, value["variables"])


def call(box: Sandbox, what: Call) -> Result:
    """Makes one call in a separate guest."""
    return result(box.call(DRIVER, "execute", what.request(), name="driver.py"))


def call_many(box: Sandbox, what: Sequence[Call], workers: int | None = None) -> list[Result]:
    """Makes calls concurrently, each in its own guest. The results are in the order of the calls."""
    if not what:
        return []
    requests = [each.request() for each in what]
    return [result(each) for each in box.map(DRIVER, "execute", requests, workers=workers, name="driver.py")]


def judged(score: Callable[..., Any], *given: Any) -> tuple[Any, str]:
    """Returns the result of the user's scoring function for data, or an error if the function raised.

    Data that a candidate made up can make the function raise. That means no score, but is no reason to end a run; it is logged.
    """
    try:
        return score(*given), ""
    except Exception as error:
        log.warning("score raised %s: %s", type(error).__name__, error)
        return None, f"the scoring function raised {type(error).__name__}: {error}"


def number(value: Any) -> float | None:
    """Returns a finite number, or None for anything else."""
    try:
        found = None if value is None or isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is not None and math.isfinite(found) else None


def metrics_of(value: Any) -> tuple[dict[str, float], str]:
    """Returns the metrics for a score: a number is `combined_score`; in a mapping, all values must be finite numbers."""
    given = value if isinstance(value, Mapping) else {"combined_score": value}
    metrics = {name: number(each) for name, each in given.items()}
    bad = [str(name) for name, each in metrics.items() if each is None]
    if bad or not metrics:
        return {}, f"the scoring function returned no finite number for {', '.join(bad) or 'any metric'}"
    return {str(name): each for name, each in metrics.items() if each is not None}, ""


def keywords(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Returns a call's arguments by name if the function names them, because agents' tools take keywords."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return list(args), dict(kwargs)
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    if len(args) > len(names) or any(each.kind is each.POSITIONAL_ONLY for each in parameters):
        return list(args), dict(kwargs)
    named = dict(zip(names, args))
    if twice := set(named) & set(kwargs):
        raise TypeError(f"{', '.join(sorted(twice))}: given twice")
    return [], {**named, **kwargs}
