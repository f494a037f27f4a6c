"""Runs a batch through ShinkaEvolve's local job scheduler, as its runner does: submit, ask until done, read the results."""

import argparse
import json
import pathlib
import time
import types


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stage", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--time-limit", type=int, required=True)
    given = parser.parse_args()

    from shinka.launch import JobScheduler, LocalJobConfig

    stage = pathlib.Path(given.stage)
    minutes, seconds = divmod(given.time_limit, 60)
    config = LocalJobConfig(
        eval_program_path=str(stage / "shinka_evaluate.py"), time=f"00:{minutes:02}:{seconds:02}"
    )
    scheduler = JobScheduler(job_type="local", config=config)
    with open(given.out, "w") as out:
        for position, name in enumerate(json.loads((stage / "order.json").read_text())):
            folder = stage / "shinka" / f"gen_{position}"
            job = types.SimpleNamespace(
                job_id=scheduler.submit_async(str(stage / "candidates" / f"{name}.py"), str(folder)),
                start_time=time.time(),
                generation=position,
            )
            while scheduler.check_job_status(job):
                time.sleep(0.1)
            results = scheduler.get_job_results(job.job_id, str(folder)) or {}
            # The same as the runner: a result counts when the evaluator said that it is correct.
            correct = results.get("correct", {}).get("correct", False)
            score = results.get("metrics", {}).get("combined_score") if correct else None
            print(json.dumps({"name": name, "score": score}), file=out, flush=True)
    scheduler.shutdown()


if __name__ == "__main__":
    main()
