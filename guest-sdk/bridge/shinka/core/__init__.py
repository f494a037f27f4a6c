"""`run_shinka_eval`: several runs of a function of the program, checked and summed up."""

import importlib.util
import json
import os
import statistics
import time

__all__ = ["run_shinka_eval", "save_json_results"]


def save_json_results(results_dir, metrics, correct, error=None, verbose=True):
    """Write `metrics.json` and `correct.json`."""
    os.makedirs(results_dir, exist_ok=True)
    for name, content in (("correct.json", {"correct": correct, "error": error}), ("metrics.json", metrics)):
        with open(os.path.join(results_dir, name), "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=4, default=repr)


def run_shinka_eval(
    program_path, results_dir, experiment_fn_name, num_runs, get_experiment_kwargs=None, aggregate_metrics_fn=None, validate_fn=None,
    plotting_fn=None, default_metrics_on_error=None, early_stop_method=None, early_stop_threshold=None, early_stop_score_fn=None,
    early_stop_kwargs=None, run_workers=1, max_workers_cap=None, verbose=None,
):
    """Run the function `num_runs` times, one after the other. Returns metrics, whether all is correct, and the first error.

    Workers, plots and early stops have no effect.
    """
    results, times, errors, invalid = [], [], [], 0
    first = None
    try:
        spec = importlib.util.spec_from_file_location("program", program_path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, experiment_fn_name):
            raise AttributeError(f"Experiment function '{experiment_fn_name}' not found in {program_path}")
        function = getattr(module, experiment_fn_name)
        for index in range(num_runs):
            kwargs = get_experiment_kwargs(index) if get_experiment_kwargs else {"seed": index + 1}
            began = time.perf_counter()
            result = function(**kwargs)
            times.append(time.perf_counter() - began)
            results.append(result)
            if validate_fn is not None:
                valid, message = validate_fn(result)
                if not valid:
                    invalid += 1
                    if message and message not in errors:
                        errors.append(message)
        if invalid:
            first = f"Validation failed: {errors[0]}" if errors else "Validation failed"
        metrics = dict(aggregate_metrics_fn(results)) if aggregate_metrics_fn else {"num_successful_runs": len(results)}
        metrics["execution_time_mean"] = statistics.fmean(times) if times else 0.0
        metrics["execution_time_std"] = statistics.pstdev(times) if times else 0.0
        if validate_fn is not None:
            metrics.update(num_valid_runs=len(results) - invalid, num_invalid_runs=invalid, all_validation_errors=errors)
    except Exception as error:
        first = str(error)
        metrics = dict(default_metrics_on_error or {"combined_score": 0.0, "num_successful_runs": 0})
    correct = first is None
    save_json_results(results_dir, metrics, correct, first)
    return metrics, correct, first
