"""The engines: how each is installed, what isolation it has, how a run of it is started."""

import dataclasses
import pathlib
import subprocess
import sys
import time

TIME_LIMIT = 10
"""Seconds of one evaluation, where an engine has such a limit."""

PACKAGES = {"openevolve": "0.4.0", "shinka-evolve": "0.0.7"}


@dataclasses.dataclass(frozen=True)
class Engine:
    name: str
    package: str | None
    isolation: str
    script: str
    words: tuple = ()
    alone: bool = True
    """Whether each hostile candidate is also run alone; not needed where another row differs in workers only."""


ENGINES = [
    Engine(
        "openevolve",
        "openevolve",
        "thread of a worker process, timeout; evaluator imports the candidate (as in its README)",
        "openevolve_driver.py",
        ("--evaluator", "openevolve_evaluator.py"),
    ),
    Engine(
        "openevolve-4",
        "openevolve",
        "the same with parallel_evaluations 4 (its configuration template)",
        "openevolve_driver.py",
        ("--evaluator", "openevolve_evaluator.py", "--workers", "4"),
        alone=False,
    ),
    Engine(
        "openevolve-process",
        "openevolve",
        "evaluator starts a process per candidate and kills it (as in its larger examples)",
        "openevolve_driver.py",
        ("--evaluator", "openevolve_evaluator_subprocess.py"),
    ),
    Engine(
        "shinka",
        "shinka-evolve",
        "process per candidate, shared with the evaluator; LocalJobConfig(time=...)",
        "shinka_driver.py",
    ),
    Engine(
        "hyperspace-eval",
        None,
        "WebAssembly sandbox per row, fuel; score outside (hyperspace eval)",
        "hyperspace_driver.py",
        ("--way", "eval"),
    ),
    Engine(
        "hyperspace-evolve",
        None,
        "the same, the batch as one generation of one process (hyperspace evolve)",
        "hyperspace_driver.py",
        ("--way", "evolve"),
    ),
]


class Missing(Exception):
    """An engine that cannot be had, and why."""


def install(package, work):
    """A virtual environment with the package; answers its interpreter and the version that is in it."""
    folder = pathlib.Path(work) / f"venv-{package}"
    python = folder / "bin" / "python"
    ask = [str(python), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    if not python.exists():
        print(f"installing {package} {PACKAGES[package]} into {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdout=sys.stderr)
    known = subprocess.run(ask, capture_output=True, text=True, check=False)
    if known.returncode != 0:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
        wanted = f"{package}=={PACKAGES[package]}"
        if subprocess.run([*pip, wanted], check=False, stdout=sys.stderr).returncode != 0:
            print(f"{wanted} is not to be had; taking the nearest version", file=sys.stderr)
            if subprocess.run([*pip, package], check=False, stdout=sys.stderr).returncode != 0:
                raise Missing(f"pip cannot install {package}")
        known = subprocess.run(ask, capture_output=True, text=True, check=True)
    return str(python), known.stdout.strip()


def time_limit(engine, python):
    """Seconds of one evaluation: enough for an engine whose evaluations begin with a slow import."""
    if engine.package != "shinka-evolve":
        return TIME_LIMIT
    start = time.monotonic()
    subprocess.run([python, "-c", "import shinka.core"], check=True, capture_output=True)
    return max(TIME_LIMIT, round(5 * (time.monotonic() - start)))


def command(engine, python, folder, limit, binary):
    """The command of one run in `folder`."""
    words = [str(folder / word) if word.endswith(".py") else word for word in engine.words]
    base = [python, str(folder / engine.script), "--stage", str(folder), "--out", str(folder / "out.jsonl")]
    if engine.package is None:
        return [*base, "--binary", str(binary), *words]
    return [*base, "--time-limit", str(limit), *words]
