"""An evaluator for ShinkaEvolve, on its helper `run_shinka_eval`, as its documentation shows."""

import argparse
import json
import pathlib

from shinka.core import run_shinka_eval

CASES = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())


def aggregate(values):
    right = sum(type(value) is int and value == expected for value, (_, expected) in zip(values, CASES))
    return {"combined_score": right / len(CASES)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path", required=True)
    parser.add_argument("--results_dir", required=True)
    given = parser.parse_args()
    run_shinka_eval(
        program_path=given.program_path,
        results_dir=given.results_dir,
        experiment_fn_name="solve",
        num_runs=len(CASES),
        get_experiment_kwargs=lambda index: {"n": CASES[index][0]},
        aggregate_metrics_fn=aggregate,
    )


if __name__ == "__main__":
    main()
