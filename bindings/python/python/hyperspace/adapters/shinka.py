"""ShinkaEvolve: `run_shinka_eval` whose experiments run in the sandbox."""

from __future__ import annotations

import json
import os
import pickle
import statistics
from typing import Any, Callable, Mapping

from hyperspace._hyperspace import HyperspaceError, UsageError
from hyperspace.adapters import _guest

ON_ERROR: dict[str, Any] = {
    "combined_score": 0.0, "execution_time_mean": 0.0, "execution_time_std": 0.0, "num_successful_runs": 0, "num_valid_runs": 0,
    "num_invalid_runs": 0, "all_validation_errors": [],
}


class _Failed(Exception):
    """A run of the program returned no data."""


def run_shinka_eval(
    program_path: str,
    results_dir: str,
    experiment_fn_name: str,
    num_runs: int,
    get_experiment_kwargs: Callable[[int], dict[str, Any]] | None = None,
    aggregate_metrics_fn: Callable[[list[Any]], dict[str, Any]] | None = None,
    validate_fn: Callable[[Any], tuple[bool, str | None]] | None = None,
    plotting_fn: Callable[[Any], list[Any]] | None = None,
    default_metrics_on_error: Mapping[str, Any] | None = None,
    early_stop_method: Any = None,
    early_stop_threshold: float | None = None,
    early_stop_score_fn: Callable[[Any], float] | None = None,
    early_stop_kwargs: Mapping[str, Any] | None = None,
    run_workers: int = 1,
    max_workers_cap: int | None = None,
    *,
    timeout: float = 600.0,
    **options: Any,
) -> tuple[dict[str, Any], bool, str | None]:
    """Runs an experiment of a program several times, each in its own guest, and writes `metrics.json` and `correct.json`.

    The parameters are those of ShinkaEvolve's function. Your functions run in this process and see only JSON data: tuples and
    arrays arrive as lists. Times are virtual seconds, the same everywhere. `timeout` is in virtual seconds for each run: 1 s is 1e9
    fuel. `options` are those of `hyperspace.Sandbox`. Early stopping imports ShinkaEvolve and requires `run_workers=1`, as there.

    Returns the metrics, whether the program is correct, and the first error. Raises `UsageError` for a wrong request.
    """
    if isinstance(num_runs, bool) or not isinstance(num_runs, int) or num_runs < 0:
        raise UsageError(f"num_runs: expected a number of runs, not {num_runs!r}")
    if run_workers < 1 or (max_workers_cap is not None and max_workers_cap < 1):
        raise UsageError("run_workers, max_workers_cap: expected at least 1")
    workers = max(1, min(run_workers, max_workers_cap or run_workers, num_runs))
    if early_stop_method is not None and (workers > 1 or early_stop_threshold is None):
        raise UsageError("early_stop_method: it wants early_stop_threshold, and run_workers=1")
    stopper = _stopper(early_stop_method, early_stop_kwargs)
    box = _guest.sandbox(timeout, options)
    code = _guest.read(program_path)
    chosen = get_experiment_kwargs or (lambda index: {"seed": index + 1})
    calls = [_guest.Call(code, experiment_fn_name, kwargs=chosen(index)) for index in range(num_runs)]
    for each in calls:
        each.request()  # refuses anything but data before anything runs
    values: list[Any] = []
    times: list[float] = []
    errors: list[str] = []
    invalid = 0
    extra: list[Any] = []
    try:
        scores: list[float] = []
        for result in _results(box, calls, workers if stopper is None else 1):
            if not result.ok:
                raise _Failed(f"run {len(values) + 1} of {num_runs}: {result.error}")
            values.append(result.value)
            times.append(result.outcome.virtual_seconds)
            valid, why = (True, None) if validate_fn is None else validate_fn(result.value)
            invalid += not valid
            if not valid and (reason := str(why or "no reason given")) not in errors:
                errors.append(reason)
            if stopper is not None and _stops(stopper, early_stop_score_fn, result.value, scores, early_stop_threshold):
                break
        metrics = _metrics(values, times, aggregate_metrics_fn)
        if validate_fn is not None:
            metrics |= {"num_valid_runs": len(values) - invalid, "num_invalid_runs": invalid, "all_validation_errors": errors}
        error = f"Validation failed: {errors[0]}" if errors else None
        if "combined_score" in metrics and _guest.number(metrics["combined_score"]) is None:
            error = error or f"combined_score is no finite number ({metrics['combined_score']})"
        correct = invalid == 0 and error is None
        if "extra_data" in metrics:
            extra.append(metrics.pop("extra_data"))
        json.dumps(metrics)
    except HyperspaceError:
        raise
    except Exception as failure:  # of the program, or of a function that its data made fail
        error, correct = str(failure) or type(failure).__name__, False
        metrics = {**ON_ERROR, **(default_metrics_on_error or {})}
    _write(results_dir, metrics, correct, error, extra, plotting_fn)
    return metrics, correct, error


def _results(box: Any, calls: list[_guest.Call], workers: int) -> Any:
    if workers > 1:
        yield from _guest.call_many(box, calls, workers)
    else:
        yield from (_guest.call(box, each) for each in calls)


def _stopper(method: Any, more: Mapping[str, Any] | None) -> Any:
    if isinstance(method, str):
        from shinka.utils.eval_stop import create_early_stop_method

        method = create_early_stop_method(method, **dict(more or {}))
    if method is not None:
        method.reset()
    return method


def _stops(stopper: Any, score: Callable[[Any], float] | None, value: Any, scores: list[float], threshold: float | None) -> bool:
    found = value.get("score") if isinstance(value, dict) and score is None else value
    found = _guest.number(found if score is None else _guest.judged(score, value)[0])
    if found is None:
        return False
    scores.append(found)
    return bool(stopper.check(scores, threshold).should_stop)


def _metrics(values: list[Any], times: list[float], aggregate: Callable[[list[Any]], dict[str, Any]] | None) -> dict[str, Any]:
    if aggregate is not None:
        metrics = dict(aggregate(values))
    else:
        kind = str(type(values[0])) if values else "N/A"
        metrics = {"num_successful_runs": len(values), "first_run_result_type": kind, "raw_results_preview": str(values[:2])}
    metrics["execution_time_mean"] = statistics.fmean(times) if times else 0.0
    metrics["execution_time_std"] = statistics.pstdev(times) if times else 0.0
    return metrics


def _write(
    results_dir: str, metrics: dict[str, Any], correct: bool, error: str | None, extra: list[Any], plotting: Callable[[Any], list[Any]] | None,
) -> None:
    os.makedirs(results_dir, exist_ok=True)
    if extra:
        with open(os.path.join(results_dir, "extra.pkl"), "wb") as file:
            pickle.dump(extra[0], file)
        if plotting is not None:
            _plot(os.path.join(results_dir, "plots"), plotting, extra[0])
    for name, document in [("correct.json", {"correct": correct, "error": error}), ("metrics.json", metrics)]:
        with open(os.path.join(results_dir, name), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=4)


def _plot(folder: str, plotting: Callable[[Any], list[Any]], extra: Any) -> None:
    """Saves figures as PNG and PDF and animations as GIF. A plot that fails has no other consequences."""
    os.makedirs(folder, exist_ok=True)
    try:
        for item, title in plotting(extra):
            title = os.path.basename(str(title)) or "plot"
            if hasattr(item, "savefig"):
                for kind in ("png", "pdf"):
                    item.savefig(os.path.join(folder, f"{title}.{kind}"), bbox_inches="tight")
            else:
                item.save(os.path.join(folder, f"{title}.gif"), writer="pillow")
    except Exception as error:
        _guest.log.warning("plotting raised %s: %s", type(error).__name__, error)
