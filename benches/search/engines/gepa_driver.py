"""Runs GEPA's optimize_anything with its defaults, but for the model, the seed, the budget, and a cache of evaluations.

Usage: gepa_driver.py FOLDER MODEL ADDRESS SEED BUDGET
"""

import json
import os
import pathlib
import sys
import urllib.request

import measured
from gepa.optimize_anything import EngineConfig, GEPAConfig, ReflectionConfig, optimize_anything


def main():
    folder, model, address, seed, budget = sys.argv[1:]
    task, program = pathlib.Path(os.environ["SEARCH_TASK"]), pathlib.Path(folder) / "program.py"
    program.parent.mkdir(parents=True, exist_ok=True)

    def ask(prompt):
        messages = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
        body = json.dumps({"model": model, "messages": messages}).encode()
        request = urllib.request.Request(f"{address}/chat/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)["choices"][0]["message"]["content"]

    def evaluate(candidate):
        program.write_text(candidate)
        return measured.evaluate(program)["combined_score"]

    config = GEPAConfig(
        engine=EngineConfig(
            max_candidate_proposals=int(budget), seed=int(seed), parallel=False, cache_evaluation=True,
        ),
        reflection=ReflectionConfig(reflection_lm=ask),
    )
    optimize_anything((task / "initial_program.py").read_text(), evaluator=evaluate, objective=os.environ["SEARCH_TITLE"], config=config)


if __name__ == "__main__":
    main()
