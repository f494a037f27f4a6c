"""Runs OpenEvolve with its defaults, but for the model, the seed, and the number of iterations.

Usage: openevolve_driver.py FOLDER MODEL ADDRESS SEED BUDGET
"""

import asyncio
import os
import pathlib
import sys

from openevolve.config import Config, LLMConfig, LLMModelConfig
from openevolve.controller import OpenEvolve


def main():
    folder, model, address, seed, budget = sys.argv[1:]
    task = pathlib.Path(os.environ["SEARCH_TASK"])
    described = LLMModelConfig(name=model, api_base=address, api_key="none")
    config = Config(llm=LLMConfig(api_base=address, api_key="none", models=[described]), random_seed=int(seed), log_level="WARNING")
    config.database.random_seed = int(seed)
    config.prompt.system_message = os.environ["SEARCH_TITLE"]
    engine = OpenEvolve(
        str(task / "initial_program.py"), str(pathlib.Path(__file__).with_name("measured.py")), config=config, output_dir=folder,
    )
    asyncio.run(engine.run(iterations=int(budget)))


if __name__ == "__main__":
    main()
