"""Workspaces: persistent files, and shell commands on them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from hyperspace import _hyperspace
from hyperspace._hyperspace import UsageError
from hyperspace._native import wait
from hyperspace._options import FUEL_PER_SECOND, content_of, env_of, json_of, text_of, texts_of


@dataclass(frozen=True)
class CommandOutcome:
    """The end of a command."""

    exit_code: int
    """Its exit code; 124 when it took too long, 137 when another limit stopped it."""
    stopped: str | None
    """The limit that stopped it, in words; None when it ended by itself."""
    timed_out: bool
    """True if it took more than its `timeout`."""
    stdout_bytes: bytes = field(repr=False)
    stderr_bytes: bytes = field(repr=False)
    """What it printed."""
    truncated: bool
    """True if one of them was longer than the limit on output, and is cut there."""
    fuel: int
    """Fuel used, with that of every `python3` that it ran."""
    virtual_seconds: float
    """Time that passed for it: a nanosecond per unit of fuel, and what it slept."""
    digest: str = field(repr=False)
    """The digest of the runtime and of everything above."""

    @property
    def ok(self) -> bool:
        """True if its exit code is 0."""
        return self.exit_code == 0

    @property
    def stdout(self) -> str:
        """Its standard output; bytes that are not UTF-8 are replaced."""
        return self.stdout_bytes.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """Its standard error, treated in the same way."""
        return self.stderr_bytes.decode("utf-8", "replace")


def _command(
    command: str | Sequence[str], env: Mapping[str, str], cwd: str | os.PathLike[str] | None, timeout: float | None,
) -> str:
    """Returns a command in the form that the engine takes."""
    text = text_of(command, "command") if isinstance(command, str) else None
    words = None if isinstance(command, str) else texts_of(command, "command", "['python3', 'main.py'], or one text for the shell")
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < 1e9):
        raise UsageError(f"timeout: expected virtual seconds above 0, not {timeout!r}")
    options = {
        "text": text, "words": words, "env": [[name, value] for name, value in env.items()],
        "folder": None if cwd is None else _path(cwd, "cwd"),
        "time_ns": None if timeout is None else max(1, int(timeout * FUEL_PER_SECOND)),
    }
    return json_of(options, "command")


def _path(path: str | os.PathLike[str], what: str = "path") -> str:
    return text_of(os.fspath(path) if isinstance(path, os.PathLike) else path, what, "a path")


class Workspace:
    """Persistent files, and shell commands on them; created by `Sandbox.workspace`.

    Commands run one after the other, each in its own shell: files persist, but variables and the current folder do not. Relative
    paths are below the first folder. Errors with files are raised as the corresponding `OSError` of Python, such as
    `FileNotFoundError`.
    """

    def __init__(self, workspace: _hyperspace.Workspace, env: Mapping[str, str] | None = None) -> None:
        self._workspace = workspace
        self._env = dict(env or {})

    def _run(
        self, command: str | Sequence[str], stdin: str | bytes | None, env: Mapping[str, str] | None, cwd: str | os.PathLike[str] | None,
        timeout: float | None,
    ) -> _hyperspace.Pending:
        given = b"" if stdin is None else content_of(stdin, "stdin")
        return self._workspace.run(_command(command, {**self._env, **env_of(env or {})}, cwd, timeout), given)

    def run(
        self, command: str | Sequence[str], *, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None, timeout: float | None = None,
    ) -> CommandOutcome:
        """Runs a command: a text for the shell, or a program with its arguments, in which the shell expands nothing. `timeout` is
        in virtual seconds: the time that it sleeps, and one second per thousand million units of fuel."""
        return CommandOutcome(**self._run(command, stdin, env, cwd, timeout).result())

    async def run_async(
        self, command: str | Sequence[str], *, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None, timeout: float | None = None,
    ) -> CommandOutcome:
        """Like `run`, but awaitable. Cancelling the task ends the command; what it has written stays."""
        return CommandOutcome(**await wait(self._run(command, stdin, env, cwd, timeout)))

    def read(self, path: str | os.PathLike[str]) -> bytes:
        """Returns the content of a file."""
        found: bytes = self._workspace.read(_path(path)).result()
        return found

    async def read_async(self, path: str | os.PathLike[str]) -> bytes:
        """Like `read`, but awaitable."""
        found: bytes = await wait(self._workspace.read(_path(path)))
        return found

    def write(self, path: str | os.PathLike[str], content: str | bytes) -> None:
        """Writes a file, creating the folders that it needs."""
        self._workspace.write(_path(path), content_of(content, "content")).result()

    async def write_async(self, path: str | os.PathLike[str], content: str | bytes) -> None:
        """Like `write`, but awaitable."""
        await wait(self._workspace.write(_path(path), content_of(content, "content")))

    def remove(self, path: str | os.PathLike[str]) -> None:
        """Removes a file, or a folder with everything in it."""
        self._workspace.remove(_path(path)).result()

    def list(self, path: str | os.PathLike[str] = ".") -> dict[str, bool]:
        """Returns the names in a folder, sorted, each with True if it is a folder."""
        return dict(self._workspace.list(_path(path)).result())

    def files(self, path: str | os.PathLike[str] = ".") -> dict[str, bytes]:
        """Returns all files below a folder, by path."""
        found: dict[str, bytes] = {}
        waiting = [_path(path)]
        while waiting:
            folder = waiting.pop()
            for name, is_folder in self.list(folder).items():
                inside = name if folder == "." else f"{folder.rstrip('/')}/{name}"
                if is_folder:
                    waiting.append(inside)
                else:
                    found[inside] = self.read(inside)
        return dict(sorted(found.items()))


def options_of(folders: Sequence[str], limits: Mapping[str, int], seed: int, packages: Sequence[Any], runtime: str | None) -> str:
    """Returns the options of a workspace in the form that the engine takes."""
    named = texts_of(folders, "folders", "['/tmp']")
    if any(folder.strip("/") == "" for folder in named):
        raise UsageError("folders: expected absolute paths below / such as ['/tmp']")
    options = {"folders": named, "limits": dict(limits), "seed": seed, "runtime": runtime, "packages": list(packages)}
    return json_of(options, "options")
