"""The engines: how each is installed, started and ended, and what its run is worth."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
PACKAGES = {"openevolve": "openevolve==0.4.1", "gepa": "gepa==0.1.4", "shinka": "shinka-evolve==0.0.7"}
# Flags of `evolve --model` by which its strategies are measured, each with its defaults; "default" has none.
FLAGS = {
    "default": [],
    "score-child-prop": ["--selection", "score-child-prop"],
    **{name: ["--strategy", name] for name in ("pareto", "islands", "map-elites", "power-law", "mixture", "best-of-n", "iid")},
}
NAMES = [*PACKAGES, *(f"hyperspace-{name}" for name in FLAGS)]
INSTALL_SECONDS = 900
RUN_SECONDS = 1800
STEP = 25  # generations of hyperspace between two looks at the score


def prepare(name, work, binary):
    """Installs an engine below `work`; returns why it cannot be used, or None."""
    if name not in PACKAGES:
        return None if binary.is_file() else f"{binary} is no file; build it, or say --binary"
    folder = work / "environments" / name
    ready = folder / "ready"
    if ready.exists() and ready.read_text() == PACKAGES[name]:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    command = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", PACKAGES[name]]
    try:
        installed = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"{PACKAGES[name]} was not installed in {INSTALL_SECONDS} s"
    if installed.returncode:
        return f"{PACKAGES[name]} cannot be installed: {installed.stderr.strip().splitlines()[-1:]}"
    ready.write_text(PACKAGES[name])
    return None


def measured(name, task, seed, budget, work, binary, address):
    """Runs an engine until the target or the end of the budget; returns the row of the result."""
    run = f"{name}-{task.name}-{seed}-{budget}-{time.time_ns()}"
    folder = work / "runs" / run
    folder.mkdir(parents=True)
    context = {"run": run, "folder": folder, "task": task, "seed": seed, "budget": budget, "address": address}
    began = time.monotonic()
    log = with_hyperspace(name, binary, **context) if name not in PACKAGES else with_package(name, work, **context)
    programs, evaluations, calls = set(), None, None
    for row in log:
        programs.add(row["program"])
        if evaluations is None and row["score"] >= task.target:
            evaluations, calls = len(programs), row["calls"]
    shutil.rmtree(folder)
    return {
        "engine": name, "task": task.name, "seed": seed, "budget": budget, "evaluations": evaluations, "calls": calls,
        "programs": len(programs), "asked": max((row["calls"] for row in log), default=0),
        "best": max((row["score"] for row in log), default=0.0), "seconds": round(time.monotonic() - began, 1),
    }


def with_package(name, work, run, folder, task, seed, budget, address):
    """The log of an engine of a package, which is ended once the target is in it."""
    log, said = folder / "log", folder / "said"
    environment = {
        **os.environ,
        "SEARCH_TASK": str(HERE.parent / "tasks" / task.name),
        "SEARCH_TITLE": task.title,
        "SEARCH_COUNT": f"{address}/{run}/count",
        "SEARCH_LOG": str(log),
    }
    python = work / "environments" / name / "bin/python"
    out = folder / "out"
    command = [python, "-B", HERE / f"{name}_driver.py", out, f"{task.name}-{seed}", f"{address}/{run}/v1", str(seed), str(budget)]
    with said.open("w") as file:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
        )
        try:
            early = watched(process, log, task.target)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    rows = lines(log)
    reached = any(row["score"] >= task.target for row in rows)
    if not reached and (early or process.returncode):
        raise SystemExit(f"search: {run} did not end well (exit {process.returncode}):\n{said.read_text()[-3000:]}")
    with urllib.request.urlopen(environment["SEARCH_COUNT"]) as response:
        asked = json.load(response)["calls"]
    if not reached and asked < budget:
        raise SystemExit(f"search: {run} ended after {asked} of {budget} answers:\n{said.read_text()[-3000:]}")
    return rows


def watched(process, log, target):
    """Waits until the process ends, the target is in its log, or its time is over; returns whether it is still running."""
    ended = time.monotonic() + RUN_SECONDS
    while process.poll() is None and time.monotonic() < ended:
        time.sleep(0.2)
        if any(row["score"] >= target for row in lines(log)):
            break
    return process.poll() is None


def lines(log):
    """The complete lines of a log."""
    text = log.read_text() if log.exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def with_hyperspace(name, binary, run, folder, task, seed, budget, address):
    """The log of a run of hyperspace, as the other engines write it."""
    flags = FLAGS[name.removeprefix("hyperspace-")]
    settings = f'[models.proposer]\nbase-url = "{address}/{run}/v1"\nmodel = "{task.name}-{seed}"\n'
    (folder / "hyperspace.toml").write_text(settings)

    def command(*words):
        done = subprocess.run([binary, "--json", *words], cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS)
        if done.returncode:
            raise SystemExit(f"search: hyperspace {' '.join(words)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout)

    command("project", "import", str(HERE.parent / "tasks" / task.name), "--out", "task")
    evolve = ["evolve", "--task", "./task", "--model", "proposer", "--no-model-check", "--seed", str(seed), *flags]
    for generations in range(STEP, budget + STEP, STEP):
        view = command(*evolve, "--generations", str(min(generations, budget)))
        if view["best"]["score"] >= task.target:
            break
    return log_of(command("log", view["run"]))


def log_of(view):
    """Lines as the other engines leave them: answers so far, program, score."""
    rows = []
    for generation in view["generations"]:
        for candidate in generation["candidates"]:
            train = candidate.get("train") or {}
            if train.get("score"):
                above, _, below = train["score"].partition("/")
                rows.append({"calls": generation["generation"], "program": candidate["tree"], "score": int(above) / int(below or 1)})
    return rows
