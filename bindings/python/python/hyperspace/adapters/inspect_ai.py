"""inspect_ai: a sandbox environment without containers, `sandbox="hyperspace"`.

Each sample has a workspace: persistent files, and shell commands on them, without network and other users. Commands are
deterministic, and a `timeout` is in virtual seconds: the time that a command sleeps, and one second per thousand million units of
fuel.
"""

from __future__ import annotations

import asyncio
import tomllib
from typing import Any, Literal, overload

from inspect_ai.util import (
    ExecResult, OutputLimitExceededError, SandboxEnvironment, SandboxEnvironmentConfigType, SandboxEnvironmentLimits, sandboxenv,
)
from pydantic import BaseModel, ConfigDict

from hyperspace._engine import warm
from hyperspace._hyperspace import UsageError
from hyperspace._native import processors
from hyperspace._sandbox import Sandbox
from hyperspace._workspace import Workspace

try:
    from inspect_ai.util import SandboxUserUnsupportedError
except ImportError:  # Older versions have no separate error for this.
    SandboxUserUnsupportedError = RuntimeError  # type: ignore[assignment,misc]

USERS = (None, "agent", "1000")  # a command is always this one


class HyperspaceConfig(BaseModel):
    """The surroundings of a sample's commands: the options of `hyperspace.Sandbox`, and folders below which commands may write.
    Commands start in the first one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folders: tuple[str, ...] = ("/workspace", "/tmp", "/root", "/home", "/opt", "/var")
    fuel: float | int | str = "120s"
    memory: int | str = "1GiB"
    disk: int | str = "256MiB"
    real_seconds: float = 600
    seed: int = 0
    packages: tuple[str, ...] = ()
    runtime: str | None = None

    def box(self) -> Sandbox:
        """Returns the sandbox with these options."""
        options = self.model_dump(exclude={"folders"})
        # One byte more than the largest output that inspect_ai accepts shows that there was more.
        return Sandbox(output=SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE + 1, **options)


def _config(given: SandboxEnvironmentConfigType | None) -> HyperspaceConfig:
    if given is None:
        return HyperspaceConfig()
    if isinstance(given, str):
        with open(given, "rb") as file:
            return HyperspaceConfig.model_validate(tomllib.load(file))
    if isinstance(given, HyperspaceConfig):
        return given
    raise UsageError(f"config: expected a HyperspaceConfig or the path of a TOML file with its fields, not {type(given).__name__}")


@sandboxenv(name="hyperspace")
class HyperspaceSandboxEnvironment(SandboxEnvironment):
    """The workspace of a sample."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    @classmethod
    def default_concurrency(cls) -> int | None:
        return processors()

    @classmethod
    def config_files(cls) -> list[str]:
        return ["hyperspace-sandbox.toml"]

    @classmethod
    def config_deserialize(cls, config: dict[str, Any]) -> BaseModel:
        return HyperspaceConfig.model_validate(config)

    @classmethod
    async def task_init(cls, task_name: str, config: SandboxEnvironmentConfigType | None) -> None:
        _config(config).box()
        # Compiles the interpreter before the time of samples is measured.
        await asyncio.to_thread(warm)

    @classmethod
    async def sample_init(
        cls, task_name: str, config: SandboxEnvironmentConfigType | None, metadata: dict[str, str],
    ) -> dict[str, SandboxEnvironment]:
        found = _config(config)
        return {"default": cls(await found.box().workspace_async(folders=found.folders))}

    @classmethod
    async def sample_cleanup(
        cls, task_name: str, config: SandboxEnvironmentConfigType | None, environments: dict[str, SandboxEnvironment], interrupted: bool,
    ) -> None:
        """Does nothing: the files are removed together with the environments."""

    async def exec(
        self, cmd: list[str], input: str | bytes | None = None, cwd: str | None = None, env: dict[str, str] | None = None,
        user: str | None = None, timeout: int | None = None, timeout_retry: bool = True, concurrency: bool = True,
    ) -> ExecResult[str]:
        if user not in USERS:
            raise SandboxUserUnsupportedError(f"commands cannot run as {user!r}; every command is the user 'agent'")
        if "/" in cmd[0] and await self._is_data(cmd[0], cwd):
            raise PermissionError(13, "Permission denied", cmd[0])
        done = await self.workspace.run_async(cmd, stdin=input, env=env, cwd=cwd, timeout=timeout)
        limit = SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE
        if done.truncated or max(len(done.stdout_bytes), len(done.stderr_bytes)) > limit:
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE_STR, done.stdout[:limit])
        if done.timed_out:
            raise TimeoutError(f"the command took more than {timeout} virtual seconds")
        stopped = f"{done.stopped}\n" if done.stopped else ""
        stdout, stderr = done.stdout_bytes.decode("utf-8"), done.stderr_bytes.decode("utf-8") + stopped
        return ExecResult(success=done.ok, returncode=done.exit_code, stdout=stdout, stderr=stderr)

    async def _is_data(self, path: str, cwd: str | None) -> bool:
        """Returns whether a file exists and is not a program: it does not begin with `#!`."""
        if cwd is not None and not path.startswith("/"):
            path = f"{cwd}/{path}"
        try:
            return not (await self.workspace.read_async(path)).startswith(b"#!")
        except IsADirectoryError:
            return True
        except OSError:
            return False

    async def write_file(self, file: str, contents: str | bytes) -> None:
        await self.workspace.write_async(file, contents)

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    async def read_file(self, file: str, text: bool = True) -> str | bytes:
        content = await self.workspace.read_async(file)
        if len(content) > SandboxEnvironmentLimits.MAX_READ_FILE_SIZE:
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None)
        return content.decode("utf-8") if text else content
