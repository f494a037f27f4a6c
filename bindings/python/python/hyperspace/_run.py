"""Runs of evolution."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Callable, Iterator, Mapping

from hyperspace import _hyperspace
from hyperspace._evaluation import Task
from hyperspace._hyperspace import UsageError
from hyperspace._native import STORE, engine, read_json, wait
from hyperspace._options import files_of, json_of


@dataclass(frozen=True)
class Event:
    """Something that happened in a run: a kind such as `candidate-decided`, with its details."""

    kind: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind} {json.dumps(self.fields)}"


@dataclass(frozen=True)
class Best:
    """The best agent of a run."""

    score: float | None
    held_out: float | None
    path: str
    """The file that the task calls."""
    code: str
    """Its text."""
    files: dict[str, bytes] = field(repr=False)
    """All files of the agent, by path."""
    document: dict[str, Any] = field(repr=False)
    """The document of `hyperspace best --json`."""


def _event(text: str) -> Event:
    fields = read_json(text)
    return Event(fields.pop("event"), fields)


class Run:
    """A run of evolution. Iterate over it for its events; `wait()` runs it to its end.

    It makes progress while it is waited for. Everything that was committed is in the store, whatever happens; `hyperspace.resume`
    continues the run.
    """

    def __init__(self, native: _hyperspace.Run, store: _hyperspace.Engine) -> None:
        self._native = native
        self._store = store
        self._end: dict[str, Any] | None = None
        self._cancelled = False

    def _check(self) -> None:
        if self._cancelled:
            raise UsageError(f"run {self.id[:12]} was cancelled; `resume` goes on with what was committed")

    @property
    def id(self) -> str:
        """The hash that names it."""
        return self._native.id

    def __repr__(self) -> str:
        return f"Run({self.id!r})"

    def __iter__(self) -> Iterator[Event]:
        self._check()
        while self._end is None and (text := self._native.next().result()) is not None:
            yield _event(text)

    async def __aiter__(self) -> AsyncIterator[Event]:
        self._check()
        while self._end is None and (text := await wait(self._native.next())) is not None:
            yield _event(text)

    def wait(self) -> dict[str, Any]:
        """Waits for the end and returns the document of `hyperspace evolve --json`. Events that were not taken are dropped."""
        if self._end is None:
            self._check()
            self._end = read_json(self._native.finish().result())
        return self._end

    async def wait_async(self) -> dict[str, Any]:
        """Like `wait`, but awaitable."""
        if self._end is None:
            self._check()
            self._end = read_json(await wait(self._native.finish()))
        return self._end

    def cancel(self) -> None:
        """Cancels the run, abandoning the generation at work. What was committed stays."""
        self._cancelled = self._end is None
        self._native.cancel().result()

    @property
    def best(self) -> Best:
        """The best agent so far."""
        document = read_json(self._store.best(self.id).result())
        candidate = document["candidate"]
        files = self._store.agent_files(f"{candidate['hash']}:{candidate['candidate']}").result()
        return Best(candidate["score"], candidate["held_out"], document["path"], document["code"], files, document)

    def replay(self) -> dict[str, Any]:
        """Executes all generations again and compares every event, file, score and fuel count.

        Returns the document of `hyperspace replay --json`. Differences raise nothing: see `differences`.
        """
        return read_json(self._store.replay(self.id, True).finish().result())


_SEARCH = (
    "strategy", "admission", "inspirations", "duplicates", "near-duplicates", "parsimony", "gate", "early-stop", "judge", "model-bandit",
    "prompt-bandit",
)


def _sections(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the sections `settings`, `search` and `limits` of the options of a run."""
    found = {name.replace("_", "-"): value for name, value in settings.items() if value is not None}
    search = {name: found.pop(name) for name in _SEARCH if name in found}
    if search and "search" in found:
        raise UsageError(f"search: expected it alone, or {', '.join(search)}")
    sections = {name: found.pop(name) for name in ("search", "limits") if name in found}
    if search:
        sections["search"] = search
    return {"settings": found, **sections}


def start(
    task: str | Task, *, agent: str | os.PathLike[str] | Mapping[str, str | bytes] | None = None,
    generations: int | None = None, seed: int | None = None, store: str | os.PathLike[str] = STORE, workers: int | None = None,
    config: str | None = None, **settings: Any,
) -> Run:
    """Starts a run and returns it. It makes progress while its events or its end are waited for.

    `settings` are those in the section `[evolve]` of a settings file, such as `candidates=4` or `models=["fast"]`; `config` is the
    path of such a file, in which models are defined. `strategy="islands:count=4"`, `admission`, `inspirations`, `duplicates`,
    `near_duplicates`, `parsimony`, `gate`, `early_stop`, `judge`, `model_bandit` and `prompt_bandit` choose the search, or all of
    it can be given as `search={"strategy": "islands", "count": 4}`; `limits={"file-nodes": 4000}` are limits on code.
    """
    task = task if isinstance(task, Task) else Task.load(task)
    named = None if agent is None or isinstance(agent, Mapping) else os.fspath(agent)
    options = {
        "task": task.name, "data": task._data, "agent": named,
        **_sections({"generations": generations, "seed": seed, **settings}),
    }
    found = engine(store, workers, config)
    files = files_of(agent) if isinstance(agent, Mapping) else None
    return Run(found.start(json_of(options, "options"), files).result(), found)


def resume(
    run: str | None = None, *, generations: int | None = None, store: str | os.PathLike[str] = STORE,
    workers: int | None = None, config: str | None = None,
) -> Run:
    """Resumes a run, given by its hash or the beginning of it; by default, the only one in the store. `generations` is their total
    number."""
    found = engine(store, workers, config)
    return Run(found.resume(run, generations).result(), found)


def evolve(task: str | Task, *, on_event: Callable[[Event], Any] | None = None, **options: Any) -> Run:
    """Runs evolution to its end and returns the run; the options are those of `start`.

    `on_event` is called with each event. An exception in it ends the run; what was committed stays.
    """
    if on_event is not None and not callable(on_event):
        raise UsageError(f"on_event: expected a function, not {type(on_event).__name__}")
    run = start(task, **options)
    try:
        for event in run:
            if on_event is not None:
                on_event(event)
    except BaseException:
        run.cancel()
        raise
    run.wait()
    return run
