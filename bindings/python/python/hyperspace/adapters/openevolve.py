"""OpenEvolve: an evaluator whose candidates run in the sandbox.

OpenEvolve's own evaluators import the candidate, which can then replace the scorer. Here, the candidate runs in a guest, and only
the data that it returns reach your scoring function.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest

Score = Callable[[Any], Any]


class Evaluator:
    """An `evaluate(program_path)` for OpenEvolve, created by `sandboxed`. It can be pickled if the scoring function can."""

    def __init__(
        self, entry: str, score: Score, inputs: Sequence[Sequence[Any]] | None, timeout: float, failed: float, artifacts: bool,
        options: Mapping[str, Any],
    ) -> None:
        self._entry = entry
        self._score = score
        self._inputs = inputs
        self._failed = failed
        self._artifacts = artifacts
        self._timeout = timeout
        self._options = dict(options)
        _guest.sandbox(timeout, self._options)

    def __call__(self, program_path: str) -> Any:
        """Returns `EvaluationResult(metrics, artifacts)`, or only the metrics if artifacts were not requested."""
        metrics, artifacts = self.evaluate(_guest.read(program_path))
        if not self._artifacts:
            return metrics
        from openevolve.evaluation_result import EvaluationResult

        return EvaluationResult(metrics=metrics, artifacts=artifacts)

    def evaluate(self, code: str) -> tuple[dict[str, float], dict[str, str]]:
        """Returns metrics and artifacts of a program's text."""
        box = _guest.sandbox(self._timeout, self._options)
        calls = [_guest.Call(code, self._entry, args) for args in ([()] if self._inputs is None else self._inputs)]
        results = _guest.call_many(box, calls)
        for number, each in enumerate(results):
            if not each.ok:
                return self._nothing(each, each.error if self._inputs is None else f"input {number}: {each.error}")
        values = [each.value for each in results]
        scored, error = _guest.judged(self._score, values[0] if self._inputs is None else values)
        metrics, unfit = ({}, error) if error else _guest.metrics_of(scored)
        if unfit:
            return self._nothing(results[0], unfit)
        return metrics, results[0].artifacts()

    def _nothing(self, result: _guest.Result, error: str) -> tuple[dict[str, float], dict[str, str]]:
        return {"combined_score": self._failed}, {**result.artifacts(), "outcome": error}


def sandboxed(
    entry: str, score: Score, *, inputs: Sequence[Sequence[Any]] | None = None, timeout: float = 60.0, failed: float = 0.0,
    artifacts: bool = True, **options: Any,
) -> Evaluator:
    """Returns an `evaluate(program_path)` that calls `entry` of the program in a guest and passes the return value to `score`.

    `inputs` are the positional arguments of several calls, each in its own guest; `score` then gets the list of return values, in
    order. Without inputs, `entry` is called once, without arguments. Only JSON data are passed: tuples and arrays arrive as lists.
    `score` returns a number (`combined_score`) or a dictionary of numbers. `failed` is the `combined_score` of a program that did
    not return data or whose data have no score; choose one below every real score. Outcome, traceback, output and fuel become
    artifacts; without `artifacts`, the result is a plain dictionary.

    `timeout` is in virtual seconds for each call, so it is the same everywhere: 1 s is 1e9 fuel. `options` are those of
    `hyperspace.Sandbox`. Raises `UsageError` for invalid options.
    """
    if not isinstance(entry, str) or not entry.isidentifier():
        raise UsageError(f"entry: expected the name of a function, not {entry!r}")
    if not callable(score):
        raise UsageError(f"score: expected a function of the returned data, not {type(score).__name__}")
    if inputs is not None and (not inputs or any(isinstance(each, (str, bytes)) or not isinstance(each, Sequence) for each in inputs)):
        raise UsageError("inputs: expected the arguments of one or more calls, each a tuple or list, such as [(1,), (2,)]")
    if _guest.number(failed) is None:
        raise UsageError(f"failed: expected a number, not {failed!r}")
    return Evaluator(entry, score, inputs, timeout, float(failed), artifacts, options)
