"""GEPA: `execute_code`, and evaluators for `optimize_anything`, whose code runs in the sandbox."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest

Scored = tuple[float, dict[str, Any]]


@dataclass
class CodeExecutionResult:
    """The result of an execution, with the fields of GEPA's class of this name."""

    success: bool
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    traceback: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    """Variables that are JSON data. They crossed as JSON, never as a pickle."""
    execution_time: float = 0.0
    """In virtual seconds."""
    code_hash: str = ""

    def get_variable(self, name: str, default: Any = None) -> Any:
        """Returns a variable."""
        return self.variables.get(name, default)

    def to_side_info_dict(self) -> dict[str, Any]:
        """Returns the information for a reflecting model."""
        info = {"Stdout": self.stdout, "Stderr": self.stderr}
        more = {"Error": self.error, "Traceback": self.traceback}
        return info | {name: text for name, text in more.items() if text}


def execute_code(
    code: str,
    timeout: float = 30.0,
    mode: Any = None,
    global_vars: Mapping[str, Any] | None = None,
    entry_point: str | None = None,
    entry_point_args: Sequence[Any] = (),
    entry_point_kwargs: Mapping[str, Any] | None = None,
    capture_variables: Sequence[str] | None = None,
    seed: int | None = None,
    kill_child_processes: bool = True,
    **options: Any,
) -> CodeExecutionResult:
    """Executes code in a guest and returns the result; the return value of `entry_point` is the variable `__return__`.

    The parameters are those of GEPA's function. `mode` and `kill_child_processes` have no effect: there is one mode, and guests
    have no processes. `timeout` is in virtual seconds: 1 s is 1e9 fuel. Only JSON data are passed: tuples and arrays arrive as
    lists, and variables that are not JSON data are left out. An entry point that the code does not define is an error here, while
    GEPA's function ignores it. `options` are those of `hyperspace.Sandbox`. Raises `UsageError` if the code is not text or
    arguments are not JSON data.
    """
    what = _guest.Call(
        code, entry_point, tuple(entry_point_args), dict(entry_point_kwargs or {}), variables=dict(global_vars or {}), module="__main__",
        name="main.py", seed=seed, capture=True, wanted=capture_variables,
    )
    result = _guest.call(_guest.sandbox(timeout, options), what)
    outcome = result.outcome
    variables = dict(result.variables)
    if result.ok and entry_point is not None:
        variables["__return__"] = result.value
    error = f"Timeout: execution exceeded {timeout} seconds" if outcome.kind == "out-of-fuel" else result.error
    return CodeExecutionResult(
        result.ok, outcome.stdout, outcome.stderr, error, _guest.own_traceback(outcome), variables, outcome.virtual_seconds, _hash(code),
    )


def _hash(code: str) -> str:
    lines = (line.rstrip() for line in code.strip().split("\n"))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class _Scorer:
    """The common part of `evaluator` and `batch_evaluator`."""

    def __init__(
        self, entry: str, score: Callable[..., Any], component: str | None, arguments: Callable[[Any], Sequence[Any]] | None, timeout: float,
        failed: float, workers: int | None, options: Mapping[str, Any],
    ) -> None:
        if not isinstance(entry, str) or not entry.isidentifier():
            raise UsageError(f"entry: expected the name of a function, not {entry!r}")
        if not callable(score):
            raise UsageError(f"score: expected a function of the returned data, not {type(score).__name__}")
        self._entry, self._score, self._component, self._failed, self._workers = entry, score, component, failed, workers
        self._arguments = arguments or (lambda example: () if example is None else (example,))
        self._box = _guest.sandbox(timeout, options)

    def code(self, candidate: Any) -> str:
        """Returns the code of a candidate: a text, or the component of a mapping."""
        if isinstance(candidate, str):
            return candidate
        if not isinstance(candidate, Mapping):
            raise UsageError(f"candidate: expected a text or a mapping of components, not {type(candidate).__name__}")
        name = self._component or (next(iter(candidate)) if len(candidate) == 1 else None)
        if name not in candidate:
            raise UsageError(f"component: name the one that is code; the candidate has {', '.join(map(str, candidate))}")
        code: str = candidate[name]
        return code

    def batch(self, pairs: Sequence[tuple[Any, Any]]) -> list[Scored]:
        calls = [_guest.Call(self.code(candidate), self._entry, tuple(self._arguments(example))) for candidate, example in pairs]
        results = _guest.call_many(self._box, calls, self._workers)
        return [self._scored(result, example) for result, (_, example) in zip(results, pairs)]

    def _scored(self, result: _guest.Result, example: Any) -> Scored:
        info: dict[str, Any] = result.artifacts()
        if not result.ok:
            return self._failed, info
        found, error = _guest.judged(self._score, *((result.value,) if example is None else (result.value, example)))
        more: dict[str, Any] = {}
        if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], dict):
            found, more = found
        value = _guest.number(found)
        if value is None:
            return self._failed, info | {"outcome": error or f"the scoring function returned {found!r}, which is no finite number"}
        return value, info | more


def evaluator(
    entry: str, score: Callable[..., Any], *, component: str | None = None, arguments: Callable[[Any], Sequence[Any]] | None = None,
    timeout: float = 30.0, failed: float = 0.0, **options: Any,
) -> Callable[..., Scored]:
    """Returns an `evaluator(candidate, example=None) -> (score, side_info)` for `optimize_anything`.

    `entry` of the candidate's code is called in a guest with `arguments(example)` (by default the example itself, or nothing
    without one), and `score(value)` or `score(value, example)` judges the return value in this process. It returns a number, or a
    number and a dictionary that is added to the side information. `component` names the part of the candidate that is code, if
    there are several. `timeout` is in virtual seconds: 1 s is 1e9 fuel. A candidate that returned no data has the score `failed`.
    """
    scorer = _Scorer(entry, score, component, arguments, timeout, failed, None, options)

    def evaluate(candidate: Any, example: Any = None) -> Scored:
        return scorer.batch([(candidate, example)])[0]

    return evaluate


def batch_evaluator(
    entry: str, score: Callable[..., Any], *, component: str | None = None, arguments: Callable[[Any], Sequence[Any]] | None = None,
    timeout: float = 30.0, failed: float = 0.0, workers: int | None = None, **options: Any,
) -> Callable[[Sequence[tuple[Any, Any]]], list[Scored]]:
    """Returns a `batch_evaluator(pairs)` for `optimize_anything`, which runs the candidates concurrently and keeps their order.

    The parameters are those of `evaluator`; `timeout` is in virtual seconds for each pair: 1 s is 1e9 fuel. `workers` limits the
    number of concurrent guests.
    """
    scorer = _Scorer(entry, score, component, arguments, timeout, failed, workers, options)

    def evaluate(pairs: Sequence[tuple[Any, Any]]) -> list[Scored]:
        return scorer.batch(list(pairs))

    return evaluate
