"""Runs ShinkaEvolve with its defaults, but for the model, the number of generations, and one evaluation and proposal at a time.

What needs a second kind of model is off: embeddings, and summaries of what was learned. Its random choices have no seed; the
generators that it draws from are seeded here.

Usage: shinka_driver.py FOLDER MODEL ADDRESS SEED BUDGET
"""

import os
import pathlib
import random
import sys

import numpy
from shinka.core import EvolutionConfig, ShinkaEvolveRunner
from shinka.database import DatabaseConfig
from shinka.launch import LocalJobConfig


def main():
    folder, model, address, seed, budget = sys.argv[1:]
    random.seed(int(seed))
    numpy.random.seed(int(seed))
    task = pathlib.Path(os.environ["SEARCH_TASK"])
    evolution = EvolutionConfig(
        task_sys_msg=os.environ["SEARCH_TITLE"], num_generations=int(budget) + 1, llm_models=[f"local/{model}@{address}"],
        llm_dynamic_selection=None, embedding_model=None, meta_rec_interval=None,
        init_program_path=str(task / "initial_program.py"), results_dir=folder,
    )
    jobs = LocalJobConfig(eval_program_path=str(pathlib.Path(__file__).with_name("shinka_evaluate.py")))
    runner = ShinkaEvolveRunner(
        evo_config=evolution, job_config=jobs, db_config=DatabaseConfig(), verbose=False, max_evaluation_jobs=1,
        max_proposal_jobs=1, max_db_workers=1,
    )
    runner.run()


if __name__ == "__main__":
    main()
