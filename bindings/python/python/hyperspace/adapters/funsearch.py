"""FunSearch: the `Sandbox` that its published code leaves out.

There the evolved function and the function that measures it are one program. Here each has a guest of its own, and only data pass between
them, so that the evolved function can reach neither the measure nor its result.
"""

from __future__ import annotations

import ast
from typing import Any

from hyperspace._hyperspace import UsageError
from hyperspace._options import FUEL_PER_SECOND, json_of, text_of
from hyperspace._sandbox import Sandbox as _Sandbox
from hyperspace.adapters import _guest

# Both guests have it: arguments and values cross with their tuples, and with floats that JSON lacks; and the decorators of
# specifications, which change nothing.
_WIRE = r'''
import sys as _sys, types as _types
_sys.modules["funsearch"] = _types.ModuleType("funsearch")
_sys.modules["funsearch"].run = _sys.modules["funsearch"].evolve = lambda function: function

import math as _math

def _hs_encode(value):
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        return float(value) if _math.isfinite(value) else {"f": repr(float(value))}
    if isinstance(value, list):
        return [_hs_encode(each) for each in value]
    if isinstance(value, tuple):
        return {"t": [_hs_encode(each) for each in value]}
    if isinstance(value, dict):
        return {"d": [[_hs_encode(key), _hs_encode(each)] for key, each in value.items()]}
    raise TypeError(f"{type(value).__name__} cannot pass between the evolved function and what measures it")

def _hs_decode(value):
    if isinstance(value, list):
        return [_hs_decode(each) for each in value]
    if isinstance(value, dict):
        (kind, inner), = value.items()
        if kind == "f":
            return float(inner)
        if kind == "t":
            return tuple(_hs_decode(each) for each in inner)
        return {_hs_decode(key): _hs_decode(each) for key, each in inner}
    return value
'''
_STUB = r'''
def @NAME@(*args, **kwargs):
    import hyperspace
    return _hs_decode(hyperspace.call("evolved", args=[_hs_encode(args), _hs_encode(kwargs)]))
'''


class _Spent(Exception):
    """The evolved function has used up its time, or failed."""


class Sandbox:
    """FunSearch's `Sandbox`, for `Evaluator`; `evolved` is the name of the evolved function.

    `options` are those of `hyperspace.Sandbox`.
    """

    def __init__(self, evolved: str, **options: Any) -> None:
        if not isinstance(evolved, str) or not evolved.isidentifier():
            raise UsageError(f"evolved: expected the name of the function that is evolved, not {evolved!r}")
        if "tools" in options or "fuel" in options:
            raise UsageError("tools, fuel: this adapter sets them itself")
        self._evolved = evolved
        self._options = options

    def run(self, program: str, function_to_run: str, test_input: Any, timeout_seconds: float) -> tuple[Any, bool]:
        """Returns the result of `function_to_run(test_input)`, and True; `(None, False)` for anything but a finite number.

        `timeout_seconds` are virtual: 1 s is 1e9 fuel for the measuring function, and the same again for all calls of the evolved
        one. The evolved function gets copies of its arguments.
        """
        fuel = _guest.seconds(timeout_seconds, "timeout_seconds")
        json_of(test_input, "test_input")
        try:
            trusted = self._trusted(text_of(program, "program"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None, False  # the model's code is not Python
        level = _guest.depth.get()
        apart = _Apart(self._evolved, program, fuel, _guest.apart(self._options, level + 1))
        box = _Sandbox(fuel=fuel, tools={"evolved": apart.call}, **_guest.apart(self._options, level))
        call = _guest.Call(trusted, function_to_run, (test_input,))
        result = _guest.call(box, call)
        value = None if apart.failed or isinstance(result.value, bool) else result.value
        return (value, True) if result.ok and _guest.number(value) is not None else (None, False)

    def _trusted(self, program: str) -> str:
        """Returns the program without the evolved function, for which another guest is asked instead."""
        tree = ast.parse(program)
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == self._evolved]
        if not found:
            raise UsageError(f"evolved: the program defines no function {self._evolved}")
        stub = ast.parse(_STUB.replace("@NAME@", self._evolved)).body
        tree.body = [each for node in tree.body for each in ((stub if node is found[-1] else []) if node in found else [node])]
        code = ast.unparse(tree)
        # Imports from the future come first.
        future = [line for line in code.splitlines() if line.startswith("from __future__ import ")]
        rest = [line for line in code.splitlines() if line not in future]
        return "\n".join([*future, _WIRE, *rest])


class _Apart:
    """The guest of the evolved function, which is started at its first call."""

    def __init__(self, evolved: str, program: str, fuel: int, options: dict[str, Any]) -> None:
        self._evolved, self._program, self._left = evolved, program, fuel
        self._box = _Sandbox(fuel=fuel, **options)
        self._session: Any = None
        self.failed = False

    def call(self, args: Any, kwargs: Any) -> Any:
        """Returns the encoded value of one call. Raises if the function fails or its time is over."""
        if self.failed:
            raise _Spent("the evolved function has failed")
        if self._session is None:
            self._session = self._box.session()
            # Only this function's code was written by a model; the rest of the program is here because it may use it.
            self._take(self._session.execute(_WIRE))
            self._take(self._session.execute(self._program))
        code = f"_hs_encode({self._evolved}(*_hs_decode(_hs_args), **_hs_decode(_hs_kwargs)))"
        return self._take(self._session.execute(code, {"_hs_args": args, "_hs_kwargs": kwargs}))

    def _take(self, outcome: Any) -> Any:
        self._left -= outcome.fuel
        if not outcome.ok or self._left < 0:
            self.failed = True
            raise _Spent(outcome.describe() if self._left >= 0 else f"the time is over ({-self._left / FUEL_PER_SECOND:.3f} s too much)")
        return outcome.value
