"""The store, and the interpreter."""

from __future__ import annotations

import os
from typing import Any

from hyperspace._native import STORE, engine, read_json
from hyperspace._tables import RecordedRun, Runs


def warm() -> str:
    """Prepares the interpreter, which takes seconds the first time. Returns the digest of the runtime."""
    return engine().warm().result()


class Store:
    """The content of a store. Reading needs no interpreter and does not disturb a writer."""

    def __init__(self, path: str | os.PathLike[str] = STORE) -> None:
        self.path = os.fspath(path)
        self._native = engine(path)

    def __repr__(self) -> str:
        return f"Store({self.path!r})"

    def runs(self) -> Runs:
        """Returns the runs, like `hyperspace log --json`, each with its tables: `runs()["34fc…"].to_arrow()`."""
        rows = read_json(self._native.log(None).result())["runs"]
        return Runs([RecordedRun(self._native, row) for row in rows])

    def run(self, run: str | None = None) -> dict[str, Any]:
        """Returns the generations of a run."""
        return read_json(self._native.log(run).result())

    def candidates(self, run: str | None = None) -> list[dict[str, Any]]:
        """Returns all candidates of a run: scores, fates, parents, files."""
        return read_json(self._native.tree(run).result())["candidates"]

    def events(self, run: str | None = None) -> dict[str, Any]:
        """Returns the journal of a run."""
        return read_json(self._native.events(run).result())

    def best(self, run: str | None = None) -> dict[str, Any]:
        """Returns the best agent of a run, and how it differs from the first one."""
        return read_json(self._native.best(run).result())

    def show(self, hash: str) -> dict[str, Any]:
        """Returns any object, given by its hash or the beginning of it."""
        return read_json(self._native.show(hash).result())

    def diff(self, before: str, after: str) -> dict[str, Any]:
        """Returns the difference between the files of two candidates or trees."""
        return read_json(self._native.diff(before, after).result())


def open(path: str | os.PathLike[str] = STORE) -> Store:
    """Opens a store for reading."""
    return Store(path)


def replay(hash: str | None = None, *, all: bool = False, store: str | os.PathLike[str] = STORE) -> dict[str, Any]:
    """Executes a recorded run or generation again and compares the results. Returns the document of `hyperspace replay --json`."""
    return read_json(engine(store).replay(hash, all).finish().result())
