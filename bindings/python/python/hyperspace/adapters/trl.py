"""TRL: reward functions for `GRPOTrainer(reward_funcs=…)` whose completions run in the sandbox.

The same completions have the same rewards on every machine, so a training run can be repeated.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest
from hyperspace.adapters.rewards import calls_of, code_of, fraction, readable, tests_of

RewardFunc = Callable[..., list[float | None]]


def tests_passed(
    entry: str, *, tests: str = "tests", timeout: float = 5.0, workers: int | None = None, name: str = "tests_passed", **options: Any,
) -> RewardFunc:
    """Returns a reward function: the fraction of the tests in the column `tests` that a completion passes.

    A row's tests are pairs of arguments and expected result, as data or as JSON text; `entry` is called with the arguments, each
    call in its own guest, and the results are compared in this process. A row without tests (None) has no reward (None). All calls
    of a batch run concurrently. `timeout` is in virtual seconds for each test: 1 s is 1e9 fuel. `options` are those of
    `hyperspace.Sandbox`.
    """
    box = _guest.sandbox(timeout, options)

    def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        if tests not in columns:
            raise UsageError(f"tests: the data set has no column {tests!r}; it has {', '.join(map(str, columns)) or 'none'}")
        wanted = [None if each is None else tests_of(json.loads(each) if isinstance(each, str) else each) for each in columns[tests]]
        calls = [
            call for completion, each in zip(completions, wanted, strict=True) if each is not None
            for call in calls_of(code_of(completion), entry, each)
        ]
        results = iter(_guest.call_many(box, calls, workers))
        return [None if each is None else fraction([next(results) for _ in each], each) for each in wanted]

    reward.__name__ = name
    return reward


def reward_func(
    entry: str, score: Callable[[Any, Mapping[str, Any]], float | None], *, arguments: Callable[[Mapping[str, Any]], Sequence[Any]] | None = None,
    timeout: float = 5.0, failed: float = 0.0, workers: int | None = None, name: str = "sandboxed", **options: Any,
) -> RewardFunc:
    """Returns a reward function: `entry` of a completion is called in a guest, and `score(value, row)` judges the return value.

    `row` has the prompt and the row's columns; `arguments(row)` returns the positional arguments of the call (by default none). A
    completion that returned no data, or whose data have no finite score, has the reward `failed`. An exception of `score` is logged
    and counts as no score, because the data of a completion may cause it. `timeout` is in virtual seconds: 1 s is 1e9 fuel.
    """
    if not callable(score):
        raise UsageError(f"score: expected a function of the returned data and the row, not {type(score).__name__}")
    box = _guest.sandbox(timeout, options)

    def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        kept = {key: each for key, each in columns.items() if isinstance(each, (list, tuple)) and len(each) == len(completions)}
        rows = [{"prompt": prompt} | {key: each[index] for key, each in kept.items()} for index, prompt in enumerate(prompts)]
        calls = [
            _guest.Call(readable(code_of(completion)), entry, tuple(arguments(row)) if arguments else ())
            for completion, row in zip(completions, rows, strict=True)
        ]
        results = _guest.call_many(box, calls, workers)
        return [_score(score, result, row, failed) for result, row in zip(results, rows)]

    reward.__name__ = name
    return reward


def _score(score: Callable[[Any, Mapping[str, Any]], Any], result: _guest.Result, row: Mapping[str, Any], failed: float) -> float | None:
    if not result.ok:
        return failed
    found, error = _guest.judged(score, result.value, row)
    if found is None and not error:
        return None  # no reward, as in TRL
    value = _guest.number(found)
    return failed if value is None else value
