"""DSPy: an interpreter for ProgramOfThought, CodeAct, RLM and Flex, without Deno."""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Mapping

from hyperspace._hyperspace import HyperspaceError, UsageError
from hyperspace._outcome import Outcome
from hyperspace.adapters import _guest
from hyperspace.adapters._turns import Turns

INSTRUCTIONS = (
    "Code runs in CPython compiled to WebAssembly, with the standard library, without network, processes or files of the host. Variables "
    "persist between executions. Tools and SUBMIT are global functions. An execution that a limit of time or memory stops changes nothing."
)


class Interpreter:
    """A DSPy `CodeInterpreter` whose code runs in the sandbox; `factory` returns the callable that DSPy wants.

    `execute` raises DSPy's `CodeExecutionError` for failures of the code, including exceeded limits (the session then stays where
    it was), `SyntaxError`, and `CodeInterpreterError` for faults of the host and wrong requests. `timeout` is in virtual seconds
    for each execution: 1 s is 1e9 fuel. `options` are those of `hyperspace.Sandbox`.
    """

    execution_instructions = INSTRUCTIONS

    def __init__(
        self, tools: Mapping[str, Callable[..., Any]] | None = None, output_fields: list[dict[str, Any]] | None = None, *,
        timeout: float = 30.0, **options: Any,
    ) -> None:
        self._tools: dict[str, Callable[..., Any]] = dict(tools or {})
        self.output_fields = output_fields
        self._turns = Turns("SUBMIT", self._accept, timeout, options)
        self._ended = False
        self._busy = False

    @property
    def tools(self) -> dict[str, Callable[..., Any]]:
        """Functions of this process that code may call. They may be changed at any time."""
        return self._tools

    @property
    def last(self) -> Outcome | None:
        """The outcome of the last execution, with its fuel and its digest."""
        return self._turns.last

    def start(self) -> None:
        """Starts the session, unless it was started."""
        self._check()
        self._turns.start()

    def shutdown(self) -> None:
        """Ends the session for good."""
        self._ended = True
        self._turns.close()

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def _check(self) -> None:
        from dspy.primitives.code_interpreter import CodeInterpreterError

        if self._ended:
            raise CodeInterpreterError("the interpreter was shut down; make another one")
        if self._busy:
            raise CodeInterpreterError("the interpreter is executing; one of its tools cannot use it")

    def _accept(self, *args: Any, **kwargs: Any) -> Any:
        if self.output_fields is None:
            if len(args) + len(kwargs) != 1 or set(kwargs) - {"output"}:
                raise TypeError("SUBMIT takes one value")
            return {"output": args[0] if args else kwargs["output"]}
        names = [each["name"] for each in self.output_fields]
        given = dict(zip(names, args)) | kwargs
        if len(args) > len(names) or set(given) != set(names) or set(names[: len(args)]) & set(kwargs):
            raise TypeError(f"SUBMIT takes the values {', '.join(names)}, by position or by name")
        return given

    def execute(self, code: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Executes code. Returns `FinalOutput` after `SUBMIT(…)`, otherwise the printed output, or else the value of the last
        expression."""
        from dspy.primitives.code_interpreter import CodeExecutionError, CodeInterpreterError, FinalOutput

        self._check()
        self._busy = True
        try:
            given = {name: _jsonable(name, value) for name, value in (variables or {}).items()}
            turn = self._turns.execute(code, given, {name: _answering(tool) for name, tool in self._tools.items()})
        except HyperspaceError as error:
            raise CodeInterpreterError(str(error)) from error
        finally:
            self._busy = False
        outcome = turn.outcome
        if turn.final:
            return FinalOutput(turn.value)
        if outcome.exception in ("SyntaxError", "IndentationError", "TabError"):
            raise SyntaxError(outcome.message)
        if not outcome.ok:
            raise CodeExecutionError("\n".join(filter(None, [outcome.describe(), outcome.traceback])))
        return outcome.stdout or turn.value


def _jsonable(name: str, value: Any) -> Any:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(_with_names(value))
    except (PydanticSerializationError, ValueError) as error:
        raise UsageError(f"{name}: {type(value).__name__} cannot cross into the interpreter: {error}") from None


def _with_names(value: Any) -> Any:
    """Returns a value in which named tuples are dictionaries, as in DSPy's own interpreter."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _with_names(value._asdict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _with_names(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _with_names(each) for key, each in value.items()}
    return [_with_names(each) for each in value] if isinstance(value, (list, tuple)) else value


def _answering(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a tool whose answer is JSON data."""
    import inspect

    async def later(value: Any) -> Any:
        return _jsonable("the answer", await value)

    def answer(*args: Any, **kwargs: Any) -> Any:
        # A `dspy.Tool` takes names alone; its function has them.
        given, named = _guest.keywords(getattr(tool, "func", tool), args, kwargs)
        value = tool(*given, **named)
        return later(value) if inspect.isawaitable(value) else _jsonable("the answer", value)

    return answer


def factory(
    tools: Mapping[str, Callable[..., Any]] | None = None, *, timeout: float = 30.0, **options: Any,
) -> Callable[[], Interpreter]:
    """Returns what DSPy takes as `interpreter_factory=`: a function that creates an interpreter and may be called from several
    threads.

    `timeout` is in virtual seconds for each execution: 1 s is 1e9 fuel. `options` are those of `hyperspace.Sandbox`.
    """
    _guest.sandbox(timeout, options)

    def make() -> Interpreter:
        return Interpreter(tools, timeout=timeout, **options)

    make.execution_instructions = INSTRUCTIONS  # type: ignore[attr-defined]
    return make
