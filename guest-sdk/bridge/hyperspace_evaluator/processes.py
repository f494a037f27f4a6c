"""Stand-ins for processes: `subprocess` runs a further guest that sees a copy of /tmp.

A further guest sees the program's files, and of the task only what `scorer.visible` names. Files that it leaves in /tmp come back;
code in /tmp counts as the program's.
"""

import base64
import io
import os
import subprocess
import sys
import weakref

import hyperspace_hooks as hooks
import hyperspace_python
import hyperspace_threads as threads
import hyperspace_wire as wire

from . import bridge, files, imports, shell_lines

PYTHONS = ("python", "python3", "python3.13")
VERSION = b"Python 3.13.0\n"
state = {"number": 5000}
running = weakref.WeakValueDictionary()  # processes by their numbers
FILES_BYTES_MAX = 5_000_000
FLAGS = frozenset("bBdEhiIPqRsSuvxO")  # options of Python that are one letter
SEED = "HYPERSPACE_SEED"  # the variable of the case's seed, from which the evaluator draws: no process inherits it


def _text(data, text, encoding, errors=None):
    """What a process wrote, as text where that is asked for: decoded as Python does, with its own ends of lines."""
    return data.decode(encoding or "utf-8", errors or "strict").replace("\r\n", "\n").replace("\r", "\n") if text else data


def absent(name):
    bridge.absent.setdefault(f"the program {name}, which the evaluator tried to run: a guest has only Python")
    return FileNotFoundError(2, f"there is no program {name} in a guest, only Python; run it with [sys.executable, FILE]", name)


def is_python(word):
    return word == sys.executable or os.path.basename(word) in PYTHONS


def run_words(words, stdin, env, cwd, seconds):
    """Run a command: exit code, standard output, standard error; the code is None after a timeout."""
    words, env = list(words), dict(os.environ if env is None else env)
    while words:
        name = os.path.basename(words[0])
        if name == "env":
            del words[0]
            while words and "=" in words[0]:
                key, _, env[key] = words.pop(0).partition("=")
        elif name == "timeout" and len(words) > 2 and words[1].removesuffix("s").replace(".", "", 1).isdigit():
            limit = float(words[1].removesuffix("s"))
            if seconds is None or limit < seconds:
                code, out, err = run_words(words[2:], stdin, env, cwd, limit)
                return (124 if code is None else code), out, err
            del words[:2]
        elif name in ("nice", "nohup", "exec") and len(words) > 1 and not words[1].startswith("-"):
            del words[0]
        else:
            break
    if not words:
        return 0, b"", b""
    if is_python(words[0]):
        return run_python(words[1:], stdin, env, cwd, seconds)
    if name in ("true", "false", ":"):
        return int(name == "false"), b"", b""
    if name == "echo":
        return 0, (" ".join(words[1:]) + "\n").encode(), b""
    raise absent(name)


def asked_for(argv, cwd):
    """What a command line of Python asks for; or an exit code with what it prints."""
    spec = {"kind": "stdin", "text": None, "name": "-", "path": None, "optimize": -1, "warnings": [], "environment": True}
    argv = list(argv)
    while argv and argv[0].startswith("-") and argv[0] != "-":
        word = argv.pop(0)
        if word in ("-V", "-VV", "--version"):
            return 0, VERSION, b""
        for at, letter in enumerate(word[1:], 2):
            if letter in "cmWX":
                rest = word[at:] or (argv.pop(0) if argv else None)
                if rest is None:
                    return 2, b"", f"Argument expected for the -{letter} option\n".encode()
                if letter == "W":
                    spec["warnings"].append(rest)
                elif letter in "cm":
                    return {**spec, "kind": "text" if letter == "c" else "module", "text": rest, "name": f"-{letter}", "args": argv}
                break
            if letter not in FLAGS:
                return 2, b"", f"unknown option {word}\n".encode()
            spec["optimize"] = max(spec["optimize"], 0) + 1 if letter == "O" else spec["optimize"]
            spec["environment"] = spec["environment"] and letter not in "EI"
    if not argv or argv[0] == "-":
        return {**spec, "args": argv[1:]}
    path = os.path.abspath(os.path.join(cwd, argv[0]))
    if not os.path.exists(path):
        return 2, b"", f"python3: can't open file '{path}': [Errno 2] No such file or directory\n".encode()
    text = imports.text_of(path) if path.startswith("/task/") and os.path.isfile(path) else None
    return {**spec, "kind": "file", "text": text, "name": argv[0], "path": path, "args": argv[1:]}


def run_python(argv, stdin, env, cwd, seconds):
    """Run Python with these arguments in a further guest."""
    spec = asked_for(argv, cwd)
    if type(spec) is tuple:
        return spec
    env = {name: value for name, value in env.items() if name != SEED}
    spec["cwd"], spec["folders"], copies = cwd, *copied()
    request = {"spec": spec, "stdin": base64.b64encode(stdin or b"").decode(), "env": env, "files": copies}
    left = [value for value in (seconds, bridge.seconds_left()) if value is not None]
    if left:
        request["seconds"] = max(0.0, min(left))
    bridge.state["processes"] = True
    reply = ask("process.run", request)
    files.change([(path, None if content is None else base64.b64decode(content)) for path, content in reply["changes"]])
    out, err = base64.b64decode(reply["stdout"]), base64.b64decode(reply["stderr"])
    return (None if reply["deadline"] else reply["code"]), out, err


def run_guest(args, is_line, stdin, env, cwd, seconds):
    """Run a command, or a line of the shell, in further guests."""
    cwd = os.path.abspath(cwd or os.getcwd())
    if not os.path.isdir(cwd):
        raise FileNotFoundError(2, "No such file or directory", cwd)
    if is_line:
        return shell_lines.run(args[0], lambda words, stdin, env, cwd: run_words(words, stdin, env, cwd, seconds), stdin, env, cwd)
    return run_words(args, stdin, env, cwd, seconds)


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
    """The folders and files below /tmp, for the further guest."""
    folders, found, total = [], [], 0
    for folder, inner, names in os.walk("/tmp"):
        inner.sort()
        folders.append(folder)
        for name in sorted(names):
            path = os.path.join(folder, name)
            with imports._open(path, "rb") as stream:
                data = stream.read()
            total += len(data)
            if total > FILES_BYTES_MAX:
                raise OSError(28, f"the files in /tmp have more than {FILES_BYTES_MAX} bytes, too many for a process to get a copy")
            found.append([path, base64.b64encode(data).decode("ascii")])
    return folders, found


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
        self.args, self.returncode = args, None
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
        # Of a list, the shell takes the first word alone.
        self._words, self._is_line = list(map(os.fsdecode, words)), bool(shell)
        state["number"] += 1
        self.pid = state["number"]
        running[self.pid] = self
        if preexec_fn is not None:
            preexec_fn()
        self._pipes = (stdin, stdout, stderr)
        self._env, self._cwd = env, os.fspath(cwd) if cwd else None
        self._text, self._encoding, self._errors = bool(text or universal_newlines or encoding or errors), encoding, errors
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
        if data is not None and self._pipes[0] == subprocess.PIPE and isinstance(data, str) != self._text:
            raise TypeError("write() argument must be str, not bytes" if self._text else "memoryview: a bytes-like object is required, not 'str'")
        if isinstance(data, str):
            data = data.encode(self._encoding or "utf-8", self._errors or "strict")
        code, out, err = run_guest(self._words, self._is_line, data, self._env, self._cwd, seconds)
        self._late = code is None
        self.returncode = code
        if self._pipes[2] == subprocess.STDOUT:
            out, err = out + err, b""
        self._out, self._err = out, err
        for target, content, own in ((self._pipes[1], out, sys.stdout), (self._pipes[2], err, sys.stderr)):
            if target is None:
                own.write(content.decode("utf-8", "replace"))
            elif hasattr(target, "write"):
                target.write(_text(content, "b" not in getattr(target, "mode", "w"), None, "replace"))
        if self._pipes[1] == subprocess.PIPE:
            self._stdout = io.StringIO(_text(out, True, self._encoding, self._errors)) if self._text else io.BytesIO(out)
        if self._pipes[2] == subprocess.PIPE:
            self._stderr = io.StringIO(_text(err, True, self._encoding, self._errors)) if self._text else io.BytesIO(err)

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
            _text(self._out, self._text, self._encoding, self._errors) if self._pipes[1] == subprocess.PIPE else None,
            _text(self._err, self._text, self._encoding, self._errors) if self._pipes[2] == subprocess.PIPE else None,
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
        self.send_signal(9)

    def terminate(self):
        self.send_signal(15)

    def send_signal(self, number):
        """End it. One that has not run yet does not run any more."""
        self._ran = True
        if self.returncode is None:
            self.returncode = -int(number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wait()


def run(*popenargs, input=None, capture_output=False, timeout=None, check=False, **kwargs):
    """`subprocess.run`."""
    if input is not None:
        kwargs["stdin"] = subprocess.PIPE
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


async def create_shell(cmd, stdin=None, stdout=None, stderr=None, **kwargs):
    return AsyncProcess(Popen(cmd, shell=True, stdin=stdin, stdout=stdout, stderr=stderr, **kwargs))


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


def install():
    """Put the stand-ins in place of processes."""
    import asyncio

    subprocess.Popen, subprocess.run, subprocess.call = Popen, run, call
    subprocess.check_call, subprocess.check_output = check_call, check_output
    asyncio.create_subprocess_exec = asyncio.subprocess.create_subprocess_exec = create_exec
    asyncio.create_subprocess_shell = asyncio.subprocess.create_subprocess_shell = create_shell

    def system(command):
        return Popen(command, shell=True).wait() << 8

    os.system = system
    hyperspace_python.like_posix()
    os.kill = os.killpg = kill
    hooks.after_import("shutil", find_python)


def kill(number, signal):
    """Send a signal to a process, or to the group that it leads. Only 0, which asks whether it is there, ends nothing."""
    process = running.get(number) or threads.Thread.known.get(number)
    if process is None:
        if number != os.getpid():
            raise ProcessLookupError(3, "No such process")
        raise PermissionError(1, "an evaluator cannot end itself by a signal; let it raise an exception")
    if signal:
        process.send_signal(signal)


def find_python(module):
    """Let `shutil.which` find the only program that there is."""
    which = module.which

    def found(cmd, mode=os.F_OK | os.X_OK, path=None):
        return sys.executable if os.fspath(cmd) == sys.executable or cmd in PYTHONS else which(cmd, mode, path)

    module.which = found
