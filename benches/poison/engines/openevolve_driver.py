"""Runs a batch through OpenEvolve's own loop, with a model that hands out the candidates of the batch in order.

The controller, worker processes, evaluator, timeouts and database are OpenEvolve's; only the model is replaced, through
`init_client`, which is its documented hook for that.
"""

import argparse
import asyncio
import json
import pathlib


class Batch:
    """A model whose answers are the candidates of the batch, one after the other."""

    def __init__(self, folder):
        # The name that the engine logs.
        self.model = "batch"
        self.folder = pathlib.Path(folder)

    def _next(self):
        # Workers are processes: the position is a file that only one of them can make.
        for position, name in enumerate(json.loads((self.folder / "order.json").read_text())):
            try:
                (self.folder / f"taken-{position}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return "```python\n" + (self.folder / "candidates" / f"{name}.py").read_text() + "```"
        return None

    async def generate(self, prompt, **kwargs):
        return self._next()

    async def generate_with_context(self, system_message, messages, **kwargs):
        return self._next()


def client(config):
    return Batch(config.api_base)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stage", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--evaluator", required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--time-limit", type=int, required=True)
    given = parser.parse_args()

    from openevolve.config import Config, EvolutionTraceConfig, LLMConfig, LLMModelConfig
    from openevolve.controller import OpenEvolve

    stage = pathlib.Path(given.stage)
    order = json.loads((stage / "order.json").read_text())
    model = LLMModelConfig(name="batch", api_base=str(stage), init_client=client)
    config = Config(
        llm=LLMConfig(models=[model], evaluator_models=[model]),
        diff_based_evolution=False,
        evolution_trace=EvolutionTraceConfig(
            enabled=True, include_code=True, include_prompts=False, buffer_size=1, output_path=given.out
        ),
    )
    config.evaluator.timeout = given.time_limit
    config.evaluator.cascade_evaluation = False
    config.evaluator.parallel_evaluations = given.workers
    engine = OpenEvolve(str(stage / "seed.py"), given.evaluator, config=config, output_dir=str(stage / "openevolve"))
    asyncio.run(engine.run(iterations=len(order)))


if __name__ == "__main__":
    main()
