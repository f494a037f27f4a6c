"""Runs the poisoned batch through every engine, and each hostile candidate alone; prints what came of it."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile

import engines
import guard
import judge
import report
import stage

SECONDS_PER_CANDIDATE = 5
DISK_MIN = 4 << 30


def options():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, help="folder to work in and keep [default: a temporary one]")
    default = stage.HERE.parents[1] / "target" / "release" / "hyperspace"
    parser.add_argument("--binary", type=pathlib.Path, default=default, help=f"hyperspace [default: {default}]")
    names = ",".join(engine.name for engine in engines.ENGINES)
    parser.add_argument("--engines", default=names, help=f"which, by commas [default: {names}]")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    given = parser.parse_args()
    unknown = set(given.engines.split(",")) - {engine.name for engine in engines.ENGINES}
    if unknown:
        parser.error(f"no such engine: {', '.join(sorted(unknown))}; there are {names}")
    given.binary = given.binary.resolve()
    if not os.access(given.binary, os.X_OK):
        parser.error(f"{given.binary} is not there; run `cargo build --release --workspace`, or name it with --binary")
    return given


def once(engine, python, folder, order, limit, given):
    """One run of an engine over `order`; its scores, and what happened to the host."""
    listener, canary = guard.Listener(), "key-" + secrets.token_hex(16)
    try:
        stage.lay_out(folder, order, listener.port)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "LANG": "C.UTF-8",
            "OPENAI_API_KEY": canary,
            "POISON_TIME_LIMIT": str(limit),
            "HYPERSPACE_CACHE_DIR": str(given.work / "cache"),
        }
        words = engines.command(engine, python, folder, limit, given.binary)
        seconds_max = 60 + len(order) * (limit + SECONDS_PER_CANDIDATE)
        run = guard.run(words, environment, folder, folder / "log.txt", seconds_max)
    finally:
        listener.close()
    happened = judge.effects(folder, run, listener.connections, canary)
    return judge.scores(folder), happened, run


def measure(engine, given):
    """All runs of one engine."""
    print(f"running {engine.name}", file=sys.stderr, flush=True)
    python, version = sys.executable, "-"
    if engine.package is not None:
        python, version = engines.install(engine.package, given.work)
    else:
        version = subprocess.run([given.binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
        # The first start compiles the interpreter; no candidate has to wait for it.
        environment = {"HYPERSPACE_CACHE_DIR": str(given.work / "cache")}
        program = given.work / "warm-up.py"
        program.write_text("pass\n")
        subprocess.run([given.binary, "exec", program], env=environment, check=True, capture_output=True)
    limit = engines.time_limit(engine, python)
    document = {"name": engine.name, "version": version, "isolation": engine.isolation, "time_limit_s": limit, "alone": {}}
    for name, order in stage.orders().items():
        if name != "batch" and not engine.alone:
            continue
        folder = given.work / "runs" / engine.name / name
        found, happened, run = once(engine, python, folder, order, limit, given)
        if name == "batch":
            document["batch"] = judge.batch(found) | {"scores": found, "effects": happened}
            document["seconds"] = run["seconds"]
        else:
            document["alone"][name] = judge.alone(name, found, happened) | {"score": found.get(name), "run": run}
    return document


def main():
    given = options()
    temporary = given.work is None
    given.work = pathlib.Path(tempfile.mkdtemp(prefix="poison-")) if temporary else given.work.resolve()
    given.work.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(given.work).free < DISK_MIN:
        sys.exit(f"poison: {given.work} has less than {DISK_MIN >> 30} GiB free, which the packages and logs need")
    shutil.rmtree(given.work / "runs", ignore_errors=True)
    document = {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "engines": [],
    }
    try:
        for engine in engines.ENGINES:
            if engine.name not in given.engines.split(","):
                continue
            try:
                document["engines"].append(measure(engine, given))
            except engines.Missing as missing:
                document["engines"].append({"name": engine.name, "missing": str(missing)})
    finally:
        if temporary:
            shutil.rmtree(given.work, ignore_errors=True)
    print(json.dumps(document, indent=1) if given.json else report.text(document))
    ours = [engine for engine in document["engines"] if engine["name"].startswith("hyperspace")]
    kept = all(
        engine["batch"]["right"] == engine["batch"]["healthy"] and not engine["batch"]["effects"]
        and all(one["contained"] for one in engine["alone"].values())
        for engine in ours
    )
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
