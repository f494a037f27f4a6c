"""What `python3` has and the interpreter of a guest has not: `exit` and `quit`, alarms, pools, whose work is done when it is submitted, and modules
beside the program, which come before those of the library.

Byte code is written nowhere: it is no work of the program, and most folders are read-only.
"""

import _sitebuiltins
import asyncio
import builtins
import concurrent.futures
import os
import signal
import sys

# Modules that `python3` itself has imported before the program starts: no file beside the program replaces them.
STARTED = frozenset(
    "abc codecs encodings genericpath io os posixpath site stat zipimport runpy importlib builtins sys time marshal".split()
)


class ImmediateExecutor(concurrent.futures.Executor):
    """Does work when it is submitted, so in that order: a guest has one thread."""

    def __init__(self, max_workers=None, *_, initializer=None, initargs=(), **__):
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self._is_shut = False
        if initializer is not None:
            initializer(*initargs)

    def submit(self, function, /, *args, **kwargs):
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        try:
            value = function(*args, **kwargs)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(value)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._is_shut = True


def forget_agent():
    """Let a module `agent` of the program be found: each run would offer the package of this name of the SDK again."""
    offered = getattr(getattr(asyncio.get_event_loop_policy(), "_loop_factory", None), "run_in_executor", None)
    getattr(offered, "__globals__", {}).get("AGENT", {}).clear()


def own_first(folder):
    """Forget what was imported under the names of modules in `folder`, so that these are found."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        name = name.removesuffix(".py") if name.endswith(".py") else name if os.path.isfile(f"{folder}/{name}/__init__.py") else ""
        if name == "agent":
            forget_agent()
        if name in sys.modules and name not in STARTED and not name.startswith("_"):
            for known in [known for known in sys.modules if known.partition(".")[0] == name]:
                del sys.modules[known]


def alarms_when_asked_for():
    """Let `signal` bring its alarms when something of them is first used, as few programs do: a module more is a fifth of a small program's fuel."""
    before = {name: getattr(signal, name) for name in ("signal", "getsignal")}

    def bring(name):
        if before:
            vars(signal).update(before)
            del signal.__getattr__
            before.clear()
            import hyperspace_alarm

            hyperspace_alarm.install()
        return getattr(signal, name)

    signal.__getattr__ = bring
    signal.signal = lambda *args: bring("signal")(*args)
    signal.getsignal = lambda number: bring("getsignal")(number)


def like_posix():
    """Give `os` what programs of POSIX ask for, where a guest has one process: its number, and groups of processes that end with it."""
    own = {"getpid": 1, "getppid": 0, "getpgrp": 1, "getuid": 1000, "geteuid": 1000, "getgid": 1000, "getegid": 1000, "setsid": 1, "cpu_count": 1}
    for name, value in own.items():
        setattr(os, name, lambda value=value: value)
    os.getpgid = os.getsid = lambda pid: pid or 1
    os.setpgid = os.nice = lambda *_: 0


def prepare(folders=()):
    """Make the interpreter like `python3`, with the program's modules in `folders`."""
    sys.dont_write_bytecode = True
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    # What a program has printed is known however it ends.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    alarms_when_asked_for()
    concurrent.futures.ThreadPoolExecutor = concurrent.futures.ProcessPoolExecutor = ImmediateExecutor
    for folder in folders:
        own_first(folder)
