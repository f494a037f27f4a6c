"""Fifty functions through the wheel, HTTP, the Model Context Protocol, DSPy and smolagents: the same end and the same output everywhere.

A program has one digest, whoever runs it: the wheel, HTTP and the protocol. DSPy and smolagents run the same text in sessions, which have names that a
program has not, so theirs are compared with those of another interpreter of the same kind.
"""

import json
import os
import subprocess
import tempfile
import unittest
import urllib.request

from functions import EXPECTED, FUEL, programs
from servers import PROGRAM, serve

import hyperspace as hs

PROGRAMS = programs()
MEMORY_MIB = 128


def native():
    """Returns the outputs of ordinary functions in this interpreter, as a text that is independent of the sandbox."""
    found = {}
    for name, code in PROGRAMS.items():
        if name not in EXPECTED:
            found[name] = subprocess.run(["python3", "-I", "-c", code], capture_output=True, text=True, timeout=60).stdout
    return found


def wheel():
    box = hs.Sandbox(fuel=FUEL, memory=f"{MEMORY_MIB}MiB")
    for name, code in PROGRAMS.items():
        outcome = box.run(code, name="program.py")
        yield name, (outcome.kind, outcome.exception, outcome.stdout), outcome.digest


def seen(view):
    return view["outcome"], view["detail"].get("exception"), view["stdout"]


def http():
    with serve() as (url, _):
        for name, code in PROGRAMS.items():
            body = json.dumps({"code": code, "fuel": FUEL, "memory_mib": MEMORY_MIB}).encode()
            request = urllib.request.Request(f"{url}/v1/execute", body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                view = json.load(answer)
            yield name, seen(view), view["digest"]


def protocol():
    """Speaks the protocol as plain lines; `test_mcp` does so with the official client."""
    with tempfile.TemporaryDirectory() as folder:
        command = [PROGRAM, "mcp", "--store", os.path.join(folder, "store")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            def ask(number, method, parameters):
                process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())["result"]

            ask(0, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
            process.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
            for number, (name, code) in enumerate(PROGRAMS.items(), 1):
                arguments = {"code": code, "fuel": FUEL, "memory_mib": MEMORY_MIB}
                view = ask(number, "tools/call", {"name": "run_python", "arguments": arguments})["structuredContent"]
                yield name, seen(view), view["digest"]
            process.stdin.close()


def dspy():
    from hyperspace.adapters.dspy import Interpreter

    from dspy.primitives.code_interpreter import CodeExecutionError

    for name, code in PROGRAMS.items():
        with Interpreter(timeout=FUEL / 1e9, memory=f"{MEMORY_MIB}MiB") as interpreter:
            try:
                interpreter.execute(code)
            except CodeExecutionError:
                pass
            last = interpreter.last
            yield name, (last.kind, last.exception, last.stdout), last.digest


def smolagents():
    from hyperspace.adapters.smolagents import ExecutionError, Executor

    for name, code in PROGRAMS.items():
        executor = Executor(timeout=FUEL / 1e9, memory=f"{MEMORY_MIB}MiB")
        try:
            executor(code)
        except ExecutionError:
            pass
        last = executor.last
        executor.cleanup()
        yield name, (last.kind, last.exception, last.stdout), last.digest


class Functions(unittest.TestCase):
    def test_every_way_gives_the_same(self):
        self.assertEqual(len(PROGRAMS), 50)
        ends, digests = {}, {}
        for way in [wheel, http, protocol, dspy, smolagents]:
            rows = list(way())
            ends[way.__name__] = {name: end for name, end, _ in rows}
            digests[way.__name__] = {name: digest for name, _, digest in rows}
        for name, output in native().items():
            self.assertEqual(ends["wheel"][name], ("completed", None, output), name)
        for name, (kind, exception) in EXPECTED.items():
            self.assertEqual(ends["wheel"][name][0], kind, name)
            if exception is not None:
                self.assertEqual(ends["wheel"][name][1], exception, name)
        for way in ["http", "protocol", "dspy", "smolagents"]:
            self.assertEqual(ends[way], ends["wheel"], way)
        for way in ["http", "protocol"]:
            self.assertEqual(digests[way], digests["wheel"], way)
        for way in [dspy, smolagents]:
            self.assertEqual({name: digest for name, _, digest in way()}, digests[way.__name__], way.__name__)


if __name__ == "__main__":
    unittest.main()
