"""Tasks, and evaluations of agents on them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Iterable, Mapping

from hyperspace import _hyperspace
from hyperspace._hyperspace import UsageError
from hyperspace._native import engine, read_json, wait
from hyperspace._options import files_of, fuel_of, json_of


@dataclass(frozen=True)
class Case:
    """One case of an evaluation."""

    name: str
    score: float | None
    outcome: str
    """`scored`, or why there is no score."""
    evidence: str | None
    """The last words of a candidate that did not answer."""
    answer: str | None
    fuel: int
    document: dict[str, Any] = field(repr=False)
    """Everything that is known about it."""


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of an agent on a part of a task's data."""

    task: str
    split: str
    score: float | None
    """None when a case has no score: the agent has none then."""
    exact: Fraction | None
    """The score, exactly."""
    detail: str
    """The outcome in one line of words."""
    cases: list[Case] = field(repr=False)
    fuel: int
    agent: str
    """The hash of the agent's files."""
    document: dict[str, Any] = field(repr=False)
    """The document of `hyperspace eval --json`."""


def _exact(score: Any) -> Fraction | None:
    if score is None:
        return None
    try:
        return Fraction(str(score)) if not isinstance(score, dict) else None
    except ValueError:
        return None  # more digits than this Python converts


def _evaluation(text: str) -> Evaluation:
    document = read_json(text)
    rows = [
        Case(
            name=row["case"], score=row["score"], outcome=_name(row["outcome"]), evidence=row["evidence"], answer=row["answer"],
            fuel=row["fuel"], document=row,
        )
        for row in document["rows"]
    ]
    return Evaluation(
        task=document["task"], split=document["split"], score=document["score"], exact=_exact(document["score_exact"]),
        detail=document["detail"], cases=rows, fuel=document["fuel"], agent=document["agent"], document=document,
    )


def _name(outcome: Any) -> str:
    return outcome if isinstance(outcome, str) else str(outcome.get("kind", outcome))


class Task:
    """A task: a bundled one by its name, or the folder of a `task.toml`."""

    def __init__(self, name: str, data: str | None = None) -> None:
        self.name = name
        self._data = data

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    @classmethod
    def load(cls, task: str | os.PathLike[str], data: str | os.PathLike[str] | None = None) -> Task:
        """Returns the task with this name or in this folder; `data` is the file or folder of its external data.

        Problems with the task are reported only when it is used.
        """
        return cls(os.fspath(task), None if data is None else os.fspath(data))

    def _evaluate(
        self, agent: str | os.PathLike[str] | Mapping[str, str | bytes] | None, split: str, fuel: float | int | str | None,
        workers: int | None, runtime: str | None,
    ) -> _hyperspace.Pending:
        named = None if agent is None or isinstance(agent, Mapping) else os.fspath(agent)
        options = {
            "task": self.name, "data": self._data, "agent": named, "split": split,
            "fuel": None if fuel is None else fuel_of(fuel, "fuel"), "runtime": runtime,
        }
        files = files_of(agent) if isinstance(agent, Mapping) else None
        return engine(workers=workers).evaluate(json_of(options, "options"), files)

    def evaluate(
        self, agent: str | os.PathLike[str] | Mapping[str, str | bytes] | None = None, *, split: str = "train",
        fuel: float | int | str | None = None, workers: int | None = None, runtime: str | None = None,
    ) -> Evaluation:
        """Evaluates an agent, given by its files, by the name of a bundled one, or by a folder; by default, the one from which the
        task starts.

        `split` is `train`, `held-out`, `test` or `all`. `fuel` limits one case, if the task does not set its own limit. `runtime`
        is `"plain"` or `"science"`; by default, the one that the task and its packages need.
        """
        return _evaluation(self._evaluate(agent, split, fuel, workers, runtime).result())

    async def evaluate_async(
        self, agent: str | os.PathLike[str] | Mapping[str, str | bytes] | None = None, *, split: str = "train",
        fuel: float | int | str | None = None, workers: int | None = None, runtime: str | None = None,
    ) -> Evaluation:
        """Like `evaluate`, but awaitable."""
        return _evaluation(await wait(self._evaluate(agent, split, fuel, workers, runtime)))

    def evaluate_many(
        self, agents: Iterable[str | os.PathLike[str] | Mapping[str, str | bytes]], *, split: str = "train",
        fuel: float | int | str | None = None, workers: int | None = None, runtime: str | None = None,
    ) -> list[Evaluation]:
        """Evaluates agents concurrently. The evaluations are in the order of the agents."""
        if isinstance(agents, (str, bytes, Mapping)):
            raise UsageError("agents: expected a list of agents; `evaluate` takes one")
        pending = [self._evaluate(agent, split, fuel, workers, runtime) for agent in agents]
        for each in pending:
            each.start()
        return [_evaluation(each.result()) for each in pending]
