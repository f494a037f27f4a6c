"""The runs of a store and their tables for Arrow, pandas and Polars, which are imported only when needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, overload

from hyperspace import _hyperspace
from hyperspace._hyperspace import UsageError
from hyperspace._native import read_json


class RecordedRun(dict[str, Any]):
    """A run of a store: a row of `hyperspace log --json`, and its tables.

    The tables are those of `hyperspace export --layout parquet`: `candidates`, `evaluations`, `cases`, `calls` and `events`.
    """

    def __init__(self, native: _hyperspace.Engine, row: dict[str, Any]) -> None:
        super().__init__(row)
        self._native = native

    def __repr__(self) -> str:
        return f"RecordedRun({self.id!r})"

    @property
    def id(self) -> str:
        """The hash that names it."""
        return str(self["run"])

    def _read(self, library: str, read: str) -> dict[str, Any]:
        import importlib

        try:
            reader = getattr(importlib.import_module(library), read)
        except ImportError as error:
            raise UsageError(f"{library.partition('.')[0]} is not installed ({error}); pip install {library.partition('.')[0]}") from None
        with tempfile.TemporaryDirectory() as folder:
            to = os.path.join(folder, "tables")
            read_json(self._native.export_tables(self.id, to).result())
            return {name.removesuffix(".parquet"): reader(os.path.join(to, name)) for name in sorted(os.listdir(to))}

    def to_arrow(self) -> dict[str, Any]:
        """Returns the tables as `pyarrow.Table`, by name. Needs pyarrow."""
        return self._read("pyarrow.parquet", "read_table")

    def to_pandas(self) -> dict[str, Any]:
        """Returns the tables as `pandas.DataFrame`, by name. Needs pandas with pyarrow or fastparquet."""
        return self._read("pandas", "read_parquet")

    def to_polars(self) -> dict[str, Any]:
        """Returns the tables as `polars.DataFrame`, by name. Needs polars."""
        return self._read("polars", "read_parquet")


class Runs(Sequence[RecordedRun]):
    """The runs of a store, by number, or by their hash or the beginning of it."""

    def __init__(self, runs: list[RecordedRun]) -> None:
        self._runs = runs

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[RecordedRun]:
        return iter(self._runs)

    def __repr__(self) -> str:
        return f"Runs({self._runs!r})"

    @overload
    def __getitem__(self, run: int | str) -> RecordedRun: ...
    @overload
    def __getitem__(self, run: slice) -> list[RecordedRun]: ...
    def __getitem__(self, run: int | str | slice) -> RecordedRun | list[RecordedRun]:
        if not isinstance(run, str):
            return self._runs[run]
        beginning = run.rstrip("….")
        found = [each for each in self._runs if each.id.startswith(beginning)]
        if len(found) != 1 or not beginning:
            known = ", ".join(each.id[:12] for each in self._runs) or "none"
            raise KeyError(f"{run!r} names {len(found)} runs of the store; there are {known}")
        return found[0]
