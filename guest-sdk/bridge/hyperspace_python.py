"""What `python3` has and the interpreter of a guest has not: `exit` and `quit`, and pools, whose work is done when it is submitted.

Byte code is written nowhere: it is no work of the program, and most folders are read-only.
"""

import _sitebuiltins
import builtins
import concurrent.futures
import sys


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


def prepare():
    """Make the interpreter like `python3`."""
    sys.dont_write_bytecode = True
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    concurrent.futures.ThreadPoolExecutor = concurrent.futures.ProcessPoolExecutor = ImmediateExecutor
