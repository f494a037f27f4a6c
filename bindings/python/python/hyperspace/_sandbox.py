"""Programs, calls of functions, and sessions."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from hyperspace import _hyperspace
from hyperspace._arrays import decoded
from hyperspace._hyperspace import UsageError
from hyperspace._native import engine, lent, processors, wait
from hyperspace._options import (
    env_of, fields_of, files_of, guest, limits, paths_of, text_of, tools_of, value_of, values_of, whole,
)
from hyperspace._outcome import Outcome, outcome
from hyperspace._workspace import Workspace, options_of

Tools = Mapping[str, Callable[..., Any]]
Calls = list[dict[str, Any]]  # those of an outcome before, whose answers are given again


class Sandbox:
    """A set of limits and surroundings for programs. It holds no guest: every call creates its own.

    `fuel` limits the work (about one unit per instruction; a virtual second is a thousand million units, and can also be given as
    `"2s"`). `memory`, `output`, `result` and `disk` (the files of a folder) are limits in bytes (numbers, or texts such as
    `"256MiB"`). `real_seconds` is a backstop that never affects a result. `seed` is the seed of the guest's randomness. `packages`
    are folders and wheels of pure Python that guests may import. `runtime` is `"plain"`, or `"science"`, which has numpy: there,
    arguments and results of functions, and variables and values of sessions, may contain numpy arrays. Default: `"science"` if a
    package imports numpy. `tools` are functions of this process that guests may call; their arguments and values are passed as
    JSON.
    """

    def __init__(
        self, *, fuel: float | int | str | None = None, memory: int | str | None = None, output: int | str | None = None,
        result: int | str | None = None, disk: int | str | None = None, real_seconds: float | None = None, seed: int = 0,
        packages: Sequence[str | os.PathLike[str]] = (), env: Mapping[str, str] | None = None, tools: Tools | None = None,
        workers: int | None = None, runtime: str | None = None,
    ) -> None:
        self._limits = limits(fuel, memory, output, result, real_seconds, disk)
        self._seed = whole(seed, "seed")
        self._packages = tuple(paths_of(packages, "packages"))
        self._runtime = None if runtime is None else text_of(runtime, "runtime", "'plain' or 'science'")
        self._env = env_of(env or {})
        self._tools = tools_of(tools or {})
        self._workers = None if workers is None else whole(workers, "workers")

    def _options(self, source: str, name: str, **more: Any) -> str:
        return guest(
            source, name, self._limits, self._seed, env=self._env, packages=self._packages, runtime=self._runtime, **more,
        )

    def _engine(self) -> _hyperspace.Engine:
        return engine(workers=self._workers)

    def _execute(
        self, code: str, name: str, args: Sequence[str], stdin: str | None, files: Mapping[str, str | bytes] | None,
        replay: Calls | None,
    ) -> _hyperspace.Pending:
        options = self._options(text_of(code), name, args=args, stdin=stdin)
        return self._engine().execute(options, files_of(files), lent(self._tools, replay))

    def run(
        self, code: str, *, name: str = "main.py", args: Sequence[str] = (), stdin: str | None = None,
        files: Mapping[str, str | bytes] | None = None, replay: Calls | None = None,
    ) -> Outcome:
        """Runs a program. `files` are placed in the folder in which it starts, `/tmp`; changes there are in `Outcome.files`.

        `replay` is `Outcome.calls` of an earlier run: tools are not called, and their answers come from there. A call that differs
        from the recorded one, or fewer calls, raise `DifferenceError`."""
        return outcome(self._execute(code, name, args, stdin, files, replay).result())

    async def run_async(
        self, code: str, *, name: str = "main.py", args: Sequence[str] = (), stdin: str | None = None,
        files: Mapping[str, str | bytes] | None = None, replay: Calls | None = None,
    ) -> Outcome:
        """Like `run`, but awaitable. Cancelling the task ends the guest."""
        return outcome(await wait(self._execute(code, name, args, stdin, files, replay)))

    def _program(self, code: str, name: str) -> _hyperspace.Pending:
        return self._engine().program(self._options(text_of(code), name), [])

    def _call(
        self, program: _hyperspace.Program, function: str, args: tuple[Any, ...], replay: Calls | None,
    ) -> _hyperspace.Pending:
        arguments = value_of(args, "arguments", program.arrays)
        return program.call(text_of(function, "function", "the name of a function"), arguments, lent(self._tools, replay))

    def call(self, code: str, function: str, *args: Any, name: str = "program.py", replay: Calls | None = None) -> Outcome:
        """Imports `code` and calls one of its functions. Arguments are JSON values, and in the science runtime also numpy arrays.
        `Outcome.value` is the return value. `replay` is as in `run`."""
        program = self._program(code, name).result()
        return outcome(self._call(program, function, args, replay).result(), program.arrays)

    async def call_async(
        self, code: str, function: str, *args: Any, name: str = "program.py", replay: Calls | None = None,
    ) -> Outcome:
        """Like `call`, but awaitable."""
        program = await wait(self._program(code, name))
        return outcome(await wait(self._call(program, function, args, replay)), program.arrays)

    def _map(self, program: _hyperspace.Program, function: str, inputs: Iterable[Any], workers: int | None) -> _hyperspace.Pending:
        if self._tools:
            raise UsageError("map: calls run beside each other, so they cannot have tools; use call")
        text = values_of(list(inputs), "input", program.arrays)
        count = (workers and whole(workers, "workers")) or self._workers or processors()
        return program.map(text_of(function, "function", "the name of a function"), text, count)

    def map(
        self, code: str, function: str, inputs: Iterable[Any], *, workers: int | None = None, name: str = "program.py",
    ) -> list[Outcome]:
        """Calls a function once for each input, several at a time. The outcomes are in the order of the inputs.

        The code is imported once; each call runs in a fork of the state after the import and sees nothing of the others.
        """
        program = self._program(code, name).result()
        return [outcome(each, program.arrays) for each in self._map(program, function, inputs, workers).result()]

    async def map_async(
        self, code: str, function: str, inputs: Iterable[Any], *, workers: int | None = None, name: str = "program.py",
    ) -> list[Outcome]:
        """Like `map`, but awaitable."""
        program = await wait(self._program(code, name))
        return [outcome(each, program.arrays) for each in await wait(self._map(program, function, inputs, workers))]

    def session(self, *, files: Mapping[str, str | bytes] | None = None) -> Session:
        """Starts a session, in which each piece of code continues where the previous one stopped."""
        started = self._engine().session(self._options("", ""), files_of(files)).result()
        return Session(started, self._tools)

    async def session_async(self, *, files: Mapping[str, str | bytes] | None = None) -> Session:
        """Like `session`, but awaitable."""
        started = await wait(self._engine().session(self._options("", ""), files_of(files)))
        return Session(started, self._tools)

    def _workspace(self, files: Mapping[str, str | bytes] | None, folders: Sequence[str]) -> _hyperspace.Pending:
        options = options_of(folders, self._limits, self._seed, self._packages, self._runtime)
        return self._engine().workspace(options, files_of(files))

    def workspace(self, *, files: Mapping[str, str | bytes] | None = None, folders: Sequence[str] = ("/tmp",)) -> Workspace:
        """Creates a workspace: persistent files, and shell commands on them. Commands may write below `folders`, and start in the
        first one. The limits apply to each command separately. Commands have no tools."""
        return Workspace(self._workspace(files, folders).result(), self._env)

    async def workspace_async(self, *, files: Mapping[str, str | bytes] | None = None, folders: Sequence[str] = ("/tmp",)) -> Workspace:
        """Like `workspace`, but awaitable."""
        return Workspace(await wait(self._workspace(files, folders)), self._env)


class Session:
    """A chain of states of one guest: each piece of code starts in the state left by the previous one.

    A piece of code that is stopped by a limit leaves no state: the session stays where it was. `state` can be kept and given to
    `restore` at any time. The limits apply to each piece of code separately. Only one piece executes at a time: `fork` creates a
    session for another one.
    """

    def __init__(self, state: _hyperspace.Session, tools: Tools | None = None) -> None:
        self._state: _hyperspace.Session | None = None
        self._tools = tools_of(tools or {})
        self._executing = threading.Lock()
        self.restore(state)

    @property
    def state(self) -> _hyperspace.Session:
        """The state in which the next code starts."""
        if self._state is None:
            raise UsageError("the session is closed; start another one")
        return self._state

    @property
    def tools(self) -> dict[str, Callable[..., Any]]:
        """Functions of this process that code may call by name. They may be added at any time."""
        return self._tools

    def restore(self, state: _hyperspace.Session) -> None:
        """Goes back to, or switches to, a state that was kept."""
        if not isinstance(state, _hyperspace.Session):
            raise UsageError(f"state: expected what `Session.state` was, not {type(state).__name__}")
        with self._alone():
            self._state = state

    def fork(self) -> Session:
        """Returns another session with the same tools, which continues from the present state."""
        return Session(self.state, self._tools)

    __copy__ = fork

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the session exclusively, because the effects of code executed in between would be lost."""
        if not self._executing.acquire(blocking=False):
            raise UsageError("the session executes code already; `fork()` makes another one that goes on from its state")
        try:
            yield
        finally:
            self._executing.release()

    def _execute(
        self, state: _hyperspace.Session, code: str, variables: Mapping[str, Any] | None, replay: Calls | None,
    ) -> _hyperspace.Pending:
        if not isinstance(variables or {}, Mapping):
            raise UsageError(f"variables: expected names and values, not {type(variables).__name__}")
        text = fields_of(dict(variables or {}), "variables", state.arrays)
        return state.execute(text_of(code), text, lent(tools_of(self._tools), replay))

    def _take(self, state: _hyperspace.Session, turn: tuple[dict[str, Any], _hyperspace.Session | None]) -> Outcome:
        fields, after = turn
        arrays = state.arrays
        if after is not None and self._state is not None:
            self._state = after
        found = outcome(fields)
        if not found.ok or found.value is None:
            return found
        last = found.value
        value = decoded(last["value"]) if arrays else last["value"]
        return replace(found, value=value, text=last["text"] if last["has_value"] else None)

    def execute(self, code: str, variables: Mapping[str, Any] | None = None, *, replay: Calls | None = None) -> Outcome:
        """Executes code after setting `variables`. The value of a final expression is `Outcome.value`, if it is JSON, and its
        `repr` is `Outcome.text`. `replay` is as in `Sandbox.run`."""
        with self._alone():
            state = self.state
            return self._take(state, self._execute(state, code, variables, replay).result())

    async def execute_async(
        self, code: str, variables: Mapping[str, Any] | None = None, *, replay: Calls | None = None,
    ) -> Outcome:
        """Like `execute`, but awaitable."""
        with self._alone():
            state = self.state
            return self._take(state, await wait(self._execute(state, code, variables, replay)))

    def close(self) -> None:
        """Releases the state. States that were kept stay."""
        self._state = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()


def run(
    code: str, *, args: Sequence[str] = (), stdin: str | None = None, files: Mapping[str, str | bytes] | None = None,
    replay: Calls | None = None, **options: Any,
) -> Outcome:
    """Runs a program like `Sandbox.run`; the other options are those of `Sandbox`."""
    return Sandbox(**options).run(code, args=args, stdin=stdin, files=files, replay=replay)


async def run_async(
    code: str, *, args: Sequence[str] = (), stdin: str | None = None, files: Mapping[str, str | bytes] | None = None,
    replay: Calls | None = None, **options: Any,
) -> Outcome:
    """Like `run`, but awaitable."""
    return await Sandbox(**options).run_async(code, args=args, stdin=stdin, files=files, replay=replay)
