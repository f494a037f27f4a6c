"""Stand-ins for processes: `subprocess` runs a further guest that sees a copy of /tmp.

A further guest sees the program's files, and of the task only what `scorer.visible` names. Files that it leaves in /tmp come back;
code in /tmp counts as the program's.
"""

import base64
import builtins
import io
import os
import subprocess
import sys
import time

import hyperspace_wire as wire

from . import bridge, files, imports, tasks

PYTHONS = ("python", "python3", "python3.13", sys.executable)
state = {"visible": ()}
FILES_BYTES_MAX = 5_000_000
SHELL = frozenset("|&;<>$`*?~()")


def _text(data, text, encoding):
    return data.decode(encoding or "utf-8", "replace") if text else data


def run_guest(argv, stdin, env, cwd, seconds):
    """Run Python with these arguments in a further guest: exit code, standard output, standard error; None for a timeout."""
    name = os.path.basename(str(argv[0]))
    if not (str(argv[0]) == sys.executable or name.startswith("python")):
        if name in ("true", "echo"):
            return 0, (" ".join(map(str, argv[1:])) + "\n").encode() if name == "echo" else b"", b""
        bridge.absent.setdefault(f"the program {name}, which the evaluator tried to run: a guest has only Python")
        raise FileNotFoundError(2, f"there is no program {name} in a guest, only Python; run it with [sys.executable, FILE]", name)
    argv = [str(part) for part in argv[1:]]
    while argv and argv[0] in ("-u", "-I", "-B", "-E", "-s", "-S", "-O", "-X", "-W"):
        argv = argv[2:] if argv[0] in ("-X", "-W") else argv[1:]
    if not argv:
        raise ValueError("python without a file or -c has nothing to run")
    request = {"args": [], "stdin": base64.b64encode(stdin or b"").decode(), "env": dict(env or {}), "files": copied(), "cwd": cwd or os.getcwd()}
    if argv[0] == "-c":
        request["source"], request["args"] = argv[1], argv[2:]
    elif argv[0] == "-m":
        request["source"] = f"import runpy; runpy.run_module({argv[1]!r}, run_name='__main__', alter_sys=True)"
        request["args"] = argv[2:]
    else:
        path = os.path.abspath(os.path.join(cwd or os.getcwd(), argv[0]))
        if not os.path.isfile(path):
            return 2, b"", f"python3: can't open file '{path}': [Errno 2] No such file or directory\n".encode()
        request["path"], request["args"] = path, argv[1:]
        if path.startswith("/task/"):
            request["source"] = imports.text_of(path)
    left = [value for value in (seconds, bridge.seconds_left()) if value is not None]
    if left:
        request["seconds"] = max(0.0, min(left))
    bridge.state["processes"] = True
    reply = ask("process.run", request)
    files.change([(path, None if content is None else base64.b64decode(content)) for path, content in reply["changes"]])
    out, err = base64.b64decode(reply["stdout"]), base64.b64decode(reply["stderr"])
    return (None if reply["deadline"] else reply["code"]), out, err


def ask(operation, params):
    text = wire.dumps({"op": operation, "params": params})
    if len(text) > wire.FRAME_BYTES_MAX:
        rest = wire.handed_over(wire.dumps(params), "program.part", bridge._send)
        text = wire.dumps({"op": operation, "params": {"text": rest}})
    reply = bridge.received(text)
    if "error" in reply:
        raise OSError(reply["error"]["message"])
    return reply["ok"]


def copied():
    """The files below /tmp, for the further guest."""
    found, total = [], 0
    for folder, _, names in os.walk("/tmp"):
        for name in sorted(names):
            path = os.path.join(folder, name)
            with imports._open(path, "rb") as stream:
                data = stream.read()
            total += len(data)
            if total > FILES_BYTES_MAX:
                raise OSError(28, f"the files in /tmp have more than {FILES_BYTES_MAX} bytes, too many for a process to get a copy")
            found.append([path, base64.b64encode(data).decode("ascii")])
    return found


class Input:
    """The input of a process: all of it is written before the process runs."""

    whole = None

    def close(self):
        if not self.closed:
            self.whole = self.getvalue()
        super().close()

    def write(self, data):
        if self.closed and self.whole is not None:
            raise BrokenPipeError(32, "the process has run with the input that was written before; it cannot be asked and answered in turn")
        return super().write(data)


class TextInput(Input, io.StringIO):
    """Input as text."""


class BytesInput(Input, io.BytesIO):
    """Input as bytes."""


class Popen:
    """A process that runs when somebody waits for it."""

    def __init__(self, args, bufsize=-1, executable=None, stdin=None, stdout=None, stderr=None, preexec_fn=None, close_fds=True, shell=False,
                 cwd=None, env=None, universal_newlines=None, startupinfo=None, creationflags=0, restore_signals=True,
                 start_new_session=False, pass_fds=(), *, text=None, encoding=None, errors=None, **more):
        if shell or isinstance(args, (str, bytes)):
            import shlex
            line = args if isinstance(args, str) else ""
            if shell and not SHELL.isdisjoint(line):
                raise OSError(38, f"there is no shell in a guest, which this line needs: {line[:200]}; run Python with a list of arguments, and pipes")
            args = shlex.split(args if isinstance(args, str) else args.decode() if isinstance(args, bytes) else " ".join(args))
        self.args, self.pid, self.returncode = list(args), 1001, None
        self._pipes = (stdin, stdout, stderr)
        self._env, self._cwd = env, os.fspath(cwd) if cwd else None
        self._text, self._encoding = bool(text or universal_newlines or encoding or errors), encoding
        self.stdin = (TextInput() if self._text else BytesInput()) if stdin == subprocess.PIPE else None
        self._stdout = self._stderr = None
        self._out = self._err = b""
        self._ran = self._late = False

    def _run(self, data=None, seconds=None):
        if self._ran:
            return
        self._ran = True
        if self.stdin is not None:
            self.stdin.close()
            data = self.stdin.whole if data is None else data
        if hasattr(self._pipes[0], "read"):
            data = self._pipes[0].read()
        if isinstance(data, str):
            data = data.encode(self._encoding or "utf-8")
        code, out, err = run_guest(self.args, data, self._env, self._cwd, seconds)
        self._late = code is None
        self.returncode = code
        if self._pipes[2] == subprocess.STDOUT:
            out, err = out + err, b""
        self._out, self._err = out, err
        for target, content, own in ((self._pipes[1], out, sys.stdout), (self._pipes[2], err, sys.stderr)):
            if target is None:
                own.write(content.decode("utf-8", "replace"))
            elif hasattr(target, "write"):
                target.write(_text(content, "b" not in getattr(target, "mode", "w"), None))
        if self._pipes[1] == subprocess.PIPE:
            self._stdout = io.StringIO(_text(out, True, self._encoding)) if self._text else io.BytesIO(out)
        if self._pipes[2] == subprocess.PIPE:
            self._stderr = io.StringIO(_text(err, True, self._encoding)) if self._text else io.BytesIO(err)

    @property
    def stdout(self):
        """What it printed: who looks at it waits for it. All of its input was written before."""
        if self._pipes[1] == subprocess.PIPE:
            self._run()
        return self._stdout

    @property
    def stderr(self):
        if self._pipes[2] == subprocess.PIPE:
            self._run()
        return self._stderr

    def communicate(self, input=None, timeout=None):
        self._run(input, timeout)
        if self._late:
            self._late = False
            raise subprocess.TimeoutExpired(self.args, timeout, self._out, self._err)
        return (
            _text(self._out, self._text, self._encoding) if self._pipes[1] == subprocess.PIPE else None,
            _text(self._err, self._text, self._encoding) if self._pipes[2] == subprocess.PIPE else None,
        )

    def wait(self, timeout=None):
        self._run(None, timeout)
        if self._late:
            self._late = False
            raise subprocess.TimeoutExpired(self.args, timeout)
        if self.returncode is None:
            self.returncode = -9
        return self.returncode

    def poll(self):
        self._run()
        return self.returncode

    def kill(self):
        self._ran = True
        if self.returncode is None:
            self.returncode = -9

    terminate = kill

    def send_signal(self, number):
        self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wait()


def run(*popenargs, input=None, capture_output=False, timeout=None, check=False, **kwargs):
    """`subprocess.run`."""
    if capture_output:
        kwargs["stdout"] = kwargs["stderr"] = subprocess.PIPE
    process = Popen(*popenargs, **kwargs)
    out, err = process.communicate(input, timeout)
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, out, err)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def call(*args, timeout=None, **kwargs):
    return Popen(*args, **kwargs).wait(timeout)


def check_call(*args, **kwargs):
    code = call(*args, **kwargs)
    if code:
        raise subprocess.CalledProcessError(code, args[0])
    return 0


def check_output(*args, timeout=None, **kwargs):
    return run(*args, stdout=subprocess.PIPE, timeout=timeout, check=True, **kwargs).stdout


async def create_exec(*args, stdin=None, stdout=None, stderr=None, **kwargs):
    return AsyncProcess(Popen(args, stdin=stdin, stdout=stdout, stderr=stderr, **kwargs))


class AsyncProcess:
    """A process of `asyncio`."""

    def __init__(self, process):
        self._process, self.pid = process, process.pid

    @property
    def returncode(self):
        return self._process.returncode

    async def communicate(self, input=None):
        return self._process.communicate(input)

    async def wait(self):
        return self._process.wait()

    def kill(self):
        self._process.kill()

    terminate = kill


def install(spec):
    """Put the stand-ins in place of processes."""
    import asyncio

    state["visible"] = tuple(spec.get("visible") or ())
    subprocess.Popen, subprocess.run, subprocess.call = Popen, run, call
    subprocess.check_call, subprocess.check_output = check_call, check_output
    asyncio.create_subprocess_exec = asyncio.subprocess.create_subprocess_exec = create_exec

    def system(command):
        return Popen(command, shell=True).wait() << 8

    os.system = system
