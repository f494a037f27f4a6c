"""Sessions of agents: code that continues, tools of this process, and a function that ends the work with a value."""

from __future__ import annotations

import contextvars
import keyword
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from hyperspace._hyperspace import UsageError
from hyperspace._outcome import Outcome
from hyperspace._sandbox import Session
from hyperspace.adapters import _guest

FINAL = "hyperspace_final"  # the function of the host that takes a final value

_PRELUDE = r'''
class HyperspaceFinal(BaseException):
    """Ends the code after its final value was told."""

def @NAME@(*args, **kwargs):
    """Ends the work with a value."""
    import json
    def plain(value):
        try:
            json.dumps(value, allow_nan=False)
            return value
        except (TypeError, ValueError, RecursionError):
            return value.tolist() if hasattr(value, "tolist") else repr(value)
    @FINAL@(*[plain(each) for each in args], **{name: plain(each) for name, each in kwargs.items()})
    raise HyperspaceFinal
'''


@dataclass(frozen=True)
class Turn:
    """One piece of code that was executed, and its value."""

    outcome: Outcome
    final: bool
    """True if the code ended with a final value."""
    value: Any
    """The final value, or that of a last expression: JSON data, or the text of what is none."""


class Turns:
    """A session whose code can call tools of this process, and one function, `ender`, that ends the work.

    `accept` gets the arguments of `ender` and returns the final value. Anything that it raises is raised in the guest.
    """

    def __init__(self, ender: str, accept: Callable[..., Any], timeout: float, options: Mapping[str, Any]) -> None:
        self._ender = ender
        self._accept = accept
        self._box = _guest.sandbox(timeout, options)
        self._session: Session | None = None
        self._told: list[Any] = []
        self.last: Outcome | None = None
        """The outcome of the last piece of code."""

    def start(self) -> None:
        """Starts the session, unless it was started."""
        if self._session is None:
            session = self._box.session()
            session.tools[FINAL] = self._tell
            session.execute(_PRELUDE.replace("@NAME@", self._ender).replace("@FINAL@", FINAL)).unwrap()
            self._session = session

    def close(self) -> None:
        """Ends the session."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def _tell(self, *args: Any, **kwargs: Any) -> None:
        self._told[:] = [self._accept(*args, **kwargs)]

    def execute(self, code: str, variables: Mapping[str, Any], tools: Mapping[str, Callable[..., Any]]) -> Turn:
        """Executes code after setting variables, with these tools as functions."""
        for name in [*tools, *variables]:
            if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name in (self._ender, FINAL, "__builtins__"):
                raise UsageError(f"{name!r} is no name that a tool or variable can have")
        self.start()
        session = self._session
        assert session is not None
        context = contextvars.copy_context()  # tools run on another thread, but see the caller's context
        context.run(_guest.depth.set, _guest.depth.get() + 1)
        session.tools.clear()
        session.tools.update({name: _bound(context, tool) for name, tool in tools.items()})
        session.tools[FINAL] = _bound(context, self._tell)
        self._told.clear()
        outcome = self.last = session.execute(code, variables)
        if self._told and outcome.exception is not None and outcome.exception.rpartition(".")[2] == "HyperspaceFinal":
            return Turn(outcome, True, self._told[0])
        return Turn(outcome, False, outcome.text if outcome.value is None else outcome.value)


def _bound(context: contextvars.Context, tool: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*args: Any, **kwargs: Any) -> Any:
        given, named = _guest.keywords(tool, args, kwargs)
        return context.run(tool, *given, **named)

    return ask
