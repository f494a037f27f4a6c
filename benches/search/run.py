"""Runs every engine on every task with every seed, and prints the table of what was measured. See README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import engines
import mutation
import table

HERE = pathlib.Path(__file__).parent
TASKS = ("modules", "function-minimum", "circles")


def arguments():
    parser = argparse.ArgumentParser(prog="run", description="Search with several engines and one scripted model.")
    parser.add_argument("--work", default=os.environ.get("SEARCH_DIR"), help="folder of environments and runs; or SEARCH_DIR")
    parser.add_argument("--binary", default=HERE.parents[1] / "target/release/hyperspace", type=pathlib.Path)
    parser.add_argument("--seeds", default=20, type=int, help="runs of each engine on each task")
    parser.add_argument("--budget", default=200, type=int, help="answers of the model in each run")
    parser.add_argument("--engines", default=",".join(engines.NAMES), help="names, separated by commas")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--table", action="store_true", help="only print the table of the runs that are there")
    parser.add_argument("--out", type=pathlib.Path, help="write every result into this file")
    given = parser.parse_args()
    if not given.work:
        parser.error("--work or SEARCH_DIR is needed: a folder for environments and runs, outside of the repository")
    given.work = pathlib.Path(given.work).resolve()
    if HERE.parents[1].resolve() in [given.work, *given.work.parents]:
        parser.error(f"{given.work} lies in the repository")
    given.engines, given.tasks = given.engines.split(","), given.tasks.split(",")
    for name in given.engines:
        if name not in engines.NAMES:
            parser.error(f"there is no engine {name}; the engines are {', '.join(engines.NAMES)}")
    for name in given.tasks:
        if name not in TASKS:
            parser.error(f"there is no task {name}; the tasks are {', '.join(TASKS)}")
    return given


@contextlib.contextmanager
def proposer(folder):
    """The address of a scripted model that serves until the end."""
    port = folder / "port"
    port.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-B", HERE / "proposer.py", folder])
    try:
        while not port.exists():
            if process.poll() is not None:
                raise SystemExit("search: the scripted model did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.read_text()}"
    finally:
        process.terminate()
        process.wait()


def main():
    given = arguments()
    given.work.mkdir(parents=True, exist_ok=True)
    journal = given.work / "results.jsonl"
    done = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    have = {(row["engine"], row["task"], row["seed"], row["budget"]) for row in done}
    # A shell's background jobs ignore the first of them by default.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not given.table:
        absent = {name: why for name in given.engines if (why := engines.prepare(name, given.work, given.binary))}
        for name, why in absent.items():
            print(f"{name}: left out: {why}", file=sys.stderr)
        with proposer(given.work) as address:
            for seed in range(1, given.seeds + 1):
                for task in given.tasks:
                    for name in given.engines:
                        if name in absent or (name, task, seed, given.budget) in have:
                            continue
                        row = engines.measured(name, mutation.Task(task), seed, given.budget, given.work, given.binary, address)
                        done.append(row)
                        with journal.open("a") as file:
                            file.write(json.dumps(row) + "\n")
                        print(f"{task:17} {name:24} seed {seed:2}: {row['evaluations'] or 'not reached'}", file=sys.stderr, flush=True)
    rows = [
        row for row in done
        if row["engine"] in given.engines and row["task"] in given.tasks and row["budget"] == given.budget and row["seed"] <= given.seeds
    ]
    if given.out:
        rows.sort(key=lambda row: (TASKS.index(row["task"]), engines.NAMES.index(row["engine"]), row["seed"]))
        given.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(table.of(rows, given.tasks, given.engines))


if __name__ == "__main__":
    main()
