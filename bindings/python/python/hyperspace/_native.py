"""Waiting for native work, with and without an event loop; engines by process."""

from __future__ import annotations

import asyncio
import atexit
import inspect
import json
import os
import threading
from typing import Any, Awaitable, Callable

from hyperspace import _hyperspace
from hyperspace._hyperspace import UsageError
from hyperspace._options import json_of, whole

STORE = ".hyperspace"  # the default store, in the working directory

_lock = threading.Lock()
_engines: dict[tuple[Any, ...], _hyperspace.Engine] = {}
# The same by what they were asked for with, relative to the working directory: looking up a path takes longer than a small guest's start.
_asked: dict[tuple[Any, ...], _hyperspace.Engine] = {}


def _forget() -> None:
    """Makes a forked child create its own engines, because it has none of the threads of its parent's engines."""
    global _lock
    _lock = threading.Lock()
    _hyperspace._forget_calls()
    # Dropping them would wait for threads that do not exist.
    _left_behind.append(dict(_engines))
    _engines.clear()
    _asked.clear()


_left_behind: list[object] = []
os.register_at_fork(after_in_child=_forget)
# The engine's threads call Python, which ends threads that do so while it ends.
atexit.register(_hyperspace._end_calls)


def cache_dir() -> str | None:
    """Returns the folder for compiled interpreters, which is the command's: `$HYPERSPACE_CACHE_DIR`, or below `$XDG_CACHE_HOME`."""
    if given := os.environ.get("HYPERSPACE_CACHE_DIR"):
        return given
    for base in (os.environ.get("XDG_CACHE_HOME"), os.path.expanduser("~/.cache")):
        if base and os.path.isabs(base):
            return os.path.join(base, "hyperspace")
    return None


def processors() -> int:
    """Returns the number of processors that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def engine(store: str | os.PathLike[str] = STORE, workers: int | None = None, settings: str | None = None) -> _hyperspace.Engine:
    """Returns this process's engine for a store, creating it at first use.

    `settings` is the path of a settings file, which defines models; keys come from the environment.
    """
    count = (workers and whole(workers, "workers")) or processors()
    try:
        asked = (os.fspath(store), count, settings, os.getcwd())
    except FileNotFoundError:
        raise UsageError("the working directory does not exist any more") from None
    if known := _asked.get(asked):
        return known
    path = os.path.abspath(os.fspath(store))
    key = (path, count, settings and os.path.abspath(settings))
    with _lock:
        found = _engines.get(key)
        if found is None:
            text = None
            if settings is not None:
                text = _settings(settings)
            found = _hyperspace.Engine(path, cache_dir(), count, text, os.environ.get)
            _engines[key] = found
        _asked[asked] = found
        return found


def _settings(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config: the settings cannot be read: {error}") from None


def _integer(digits: str) -> Any:
    """Returns an integer. One with more digits than this Python converts must come from a guest, and stays a text."""
    try:
        return int(digits)
    except ValueError:
        return digits


def read_json(text: str) -> Any:
    """Returns a document of the engine. Values that a guest returned are part of it and never make this fail."""
    return json.loads(text, parse_int=_integer)


async def wait(pending: _hyperspace.Pending) -> Any:
    """Awaits native work. Cancelling the awaiting task ends the work."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def tell() -> None:
        try:
            loop.call_soon_threadsafe(finish)
        except RuntimeError:
            pass  # the loop was closed in the meantime, and nobody waits

    pending.on_done(tell)
    try:
        await done
    except asyncio.CancelledError:
        pending.cancel()
        raise
    return pending.result()


Lent = tuple[list[str], Callable[[str, str], str] | None, str | None]


def lent(tools: dict[str, Callable[..., Any]], replay: list[dict[str, Any]] | None = None) -> Lent:
    """Returns functions in the form that the engine takes: their names, the function that answers calls of all of them, and the
    record to answer from instead."""
    return list(tools), dispatcher(tools), None if replay is None else json_of(replay, "replay")


def dispatcher(tools: dict[str, Callable[..., Any]]) -> Callable[[str, str], str] | None:
    """Returns the function that answers a guest's calls of host functions: it maps a name and the text of `{"args": […], "kwargs":
    {…}}` to JSON text."""
    if not tools:
        return None

    def dispatch(name: str, parameters: str) -> str:
        given = read_json(parameters)
        if set(given) - {"args", "kwargs"}:
            value = tools[name](**given)
        else:
            value = tools[name](*given.get("args", ()), **given.get("kwargs", {}))
        if inspect.isawaitable(value):
            # This thread belongs to the engine, so no event loop runs in it.
            value = asyncio.run(_awaited(value))
        return json_of(value, "the answer")

    return dispatch


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value
