"""An evaluator for ShinkaEvolve: it writes the two files that `run_shinka_eval` writes, without the seconds that its import takes."""

import argparse
import json
import pathlib

import measured


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path", required=True)
    parser.add_argument("--results_dir", required=True)
    given = parser.parse_args()
    folder = pathlib.Path(given.results_dir)
    folder.mkdir(parents=True, exist_ok=True)
    metrics = measured.evaluate(given.program_path)
    done = {"combined_score": metrics["combined_score"], "public": {}, "private": {}}
    (folder / "metrics.json").write_text(json.dumps(done))
    (folder / "correct.json").write_text(json.dumps({"correct": "error" not in metrics, "error": metrics.get("error")}))


if __name__ == "__main__":
    main()
