"""Runs one side of `embedded.py` in the environment that it is installed in, and prints what it finds as lines of JSON.

Usage: embedded_turn.py SIDE prepare | measure SECONDS | probe [NAME…]
"""

import itertools
import json
import multiprocessing
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from sides import CORES, SIDES, Ended

CALLS = 10_000
PRINTS_MAX = 300
LIMIT_SECONDS = 2
MEMORY_LIMIT_SECONDS = 30
"""Of the probe of memory, which is not about time."""


def check(value, expected):
    if value != expected:
        raise SystemExit(f"{str(value)[:200]!r} instead of {str(expected)[:200]!r}")


def answer(side, numbers, end):
    """Makes calls until they or the time are up; returns how many."""
    made = 0
    for number in numbers:
        if number >= CALLS or time.perf_counter() > end:
            break
        check(side.square(number), number * number)
        made += 1
    return made


def in_threads(kind, seconds):
    sides = [kind() for _ in range(CORES)]
    with ThreadPoolExecutor(CORES) as pool:
        # The first call of each may start something; it is not counted, as 10,000 would hide it.
        list(pool.map(lambda side: check(side.square(3), 9), sides))
        numbers, start, before = itertools.count(), time.perf_counter(), cpu_seconds()
        made = sum(pool.map(lambda side: answer(side, numbers, start + seconds), sides))
        return made, time.perf_counter() - start, cpu_seconds() - before


def in_process(task):
    kind, first, seconds = task
    side = kind()
    check(side.square(3), 9)
    start, before = time.perf_counter(), time.process_time()
    made = answer(side, itertools.count(first, CORES), start + seconds)
    return made, time.perf_counter() - start, time.process_time() - before


def in_processes(kind, seconds):
    with multiprocessing.get_context("fork").Pool(CORES) as pool:
        done = pool.map(in_process, [(kind, first, seconds) for first in range(CORES)], chunksize=1)
    made, took, cpu = zip(*done)
    return sum(made), max(took), sum(cpu)


def cpu_seconds():
    """The CPU time of the processes of this side so far: of those that run, and of those that they have waited for."""
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[2]) == os.getpgrp():
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def at_once(side):
    start, before = time.perf_counter(), cpu_seconds()
    found = side.squares(CALLS)
    took, cpu = time.perf_counter() - start, cpu_seconds() - before
    check(found, [number * number for number in range(CALLS)])
    return CALLS, took, cpu


def calls(side, seconds):
    """Makes calls on two cores, 10,000 or as many as there is time for; returns how many, their seconds, and their CPU seconds."""
    if hasattr(side, "squares"):
        return at_once(side)
    return (in_processes if side.processes else in_threads)(type(side), seconds)


def measure(side, seconds):
    """The median time of a program that prints 1, calls in a second, and the CPU time of one of them."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < PRINTS_MAX and (not times or time.perf_counter() < end):
        start = time.perf_counter()
        printed = side.run("print(1)")
        times.append(time.perf_counter() - start)
        check(printed, "1\n")
    made, took, cpu = calls(side, seconds)
    say(print_s=statistics.median(times), prints=len(times), calls=made, calls_per_s=made / took, cpu_s=cpu / made)


def said(error):
    """The side's own words for the end of a program, in a few."""
    words = str(error).strip().splitlines() or [""]
    name = "" if isinstance(error, Ended) else f"{type(error).__name__}: "
    return (name + words[-1])[:100].rstrip(": ")


def outcome(side, code):
    try:
        return "printed", side.run(code).strip()
    except Exception as error:
        return "ended", said(error)


def probe_state(side):
    """A later program looks for a variable of an earlier one, and for what that one set on a module."""
    side.run("import math\nmath.left = 1\nleft = 1\n")
    found = [outcome(side, f"import math\nprint({name})\n") == ("printed", "1") for name in ("left", "math.left")]
    return {"seen": any(found)}


def probe_loop(side):
    """A loop of the interpreter itself, of which none of its own counters of steps hears."""
    start = time.monotonic()
    kind, words = outcome(side, f"print(sum(range({10**12})))")
    after, work = time.monotonic() - start, time.process_time()
    time.sleep(0.5)
    return {"ended": kind == "ended", "words": words, "seconds": after, "goes_on": time.process_time() - work > 0.25}


def probe_memory(side):
    kind, words = outcome(side, f"print(len('x' * {512 << 20}))")
    return {"ended": kind == "ended", "words": words}


def probe_file(side):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "secret")
        path.write_text("of the host")
        kind, words = outcome(side, f"print(open({str(path)!r}).read())")
        return {"read": words == "of the host", "words": words}


def probe_network(side):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        _, words = outcome(side, f"import socket\nsocket.create_connection({server.getsockname()!r}, 1)\nprint('there')\n")
        try:
            server.accept()[0].close()
            return {"reached": True, "words": words}
        except TimeoutError:
            return {"reached": False, "words": words}


def probe_same(side):
    """What a program prints that asks for chance and the time; two processes are compared."""
    return {"printed": side.run("import random\nimport time\nprint(random.random(), time.time())\n")}


PROBES = {
    "state": probe_state,
    "file": probe_file,
    "network": probe_network,
    "same": probe_same,
    "memory": probe_memory,
    "loop": probe_loop,
}
"""Those that may take their process with them come last."""


def say(**fields):
    print("embedded: " + json.dumps(fields), flush=True)


def main():
    name, mode, *rest = sys.argv[1:]
    kind = SIDES[name]
    if mode == "probe":
        for probe in rest or PROBES:
            limit = MEMORY_LIMIT_SECONDS if probe == "memory" else LIMIT_SECONDS
            say(probe=probe, found=PROBES[probe](kind(limit)))
        # A program that goes on would keep the process.
        os._exit(0)
    if mode == "prepare":
        side = kind()
        if hasattr(side, "prepare") and (note := side.prepare()):
            say(note=note)
    else:
        side = kind()
    check(side.run("print(1)"), "1\n")
    say(first=True)
    if mode == "measure":
        measure(side, float(rest[0]))
    # What a library leaves running is not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
