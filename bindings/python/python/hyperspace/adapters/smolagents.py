"""smolagents: an executor for `CodeAgent(executor=…)`."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

from hyperspace._hyperspace import UsageError
from hyperspace._options import json_of
from hyperspace._outcome import Outcome
from hyperspace.adapters._turns import Turns


class CodeOutput(NamedTuple):
    """The end of a piece of code, with the fields of smolagents' class of this name."""

    output: Any
    logs: str
    is_final_answer: bool


class ExecutionError(Exception):
    """The code failed. The text is meant for the agent."""


class Executor:
    """A `PythonExecutor` whose code runs in the sandbox; variables persist between pieces of code.

    Tools run in this process; their arguments and answers are passed as JSON data. `final_answer(x)` ends the code. Code that fails
    raises `ExecutionError`; a limit that stops it leaves the session where it was before. `timeout` is in virtual seconds for each
    piece of code: 1 s is 1e9 fuel. `options` are those of `hyperspace.Sandbox`.
    """

    def __init__(self, *, timeout: float = 30.0, max_print_outputs_length: int = 50_000, **options: Any) -> None:
        self._turns = Turns("final_answer", self._accept, timeout, options)
        self._length = max_print_outputs_length
        self._tools: dict[str, Callable[..., Any]] = {}
        self._variables: dict[str, Any] = {}
        self.state: dict[str, Any] = {"_print_outputs": ""}
        """Where smolagents looks for what code printed before it failed."""

    @property
    def last(self) -> Outcome | None:
        """The outcome of the last piece of code, with its fuel and its digest."""
        return self._turns.last

    def send_tools(self, tools: Mapping[str, Callable[..., Any]]) -> None:
        """Makes only these tools available to code."""
        if bad := [name for name, tool in tools.items() if not callable(tool)]:
            raise UsageError(f"tools: {', '.join(map(str, bad))} cannot be called")
        self._tools = dict(tools)

    def send_variables(self, variables: Mapping[str, Any]) -> None:
        """Sets variables before the next piece of code. They must be JSON data."""
        for name, value in variables.items():
            json_of(value, f"variables: {name}")
        self._variables.update(variables)

    def _accept(self, *args: Any, **kwargs: Any) -> Any:
        if final := self._tools.get("final_answer"):
            return final(*args, **kwargs)
        if len(args) + len(kwargs) != 1:
            raise TypeError("final_answer takes one answer")
        return args[0] if args else next(iter(kwargs.values()))

    def __call__(self, code_action: str) -> CodeOutput:
        """Executes code. Returns its final answer or the value of its last expression, and its printed output."""
        tools = {name: tool for name, tool in self._tools.items() if name != "final_answer"}
        variables, self._variables = self._variables, {}
        turn = self._turns.execute(code_action, variables, tools)
        outcome = turn.outcome
        logs = outcome.stdout
        if len(logs) > self._length:
            logs = f"{logs[: self._length]}\n… {len(logs) - self._length} more characters"
        self.state["_print_outputs"] = logs
        if not (turn.final or outcome.ok):
            raise ExecutionError("\n".join(filter(None, [f"Code execution failed: {outcome.describe()}", outcome.traceback])))
        return CodeOutput(turn.value, logs, turn.final)

    def cleanup(self) -> None:
        """Ends the session. The next code starts a new one."""
        self._turns.close()
