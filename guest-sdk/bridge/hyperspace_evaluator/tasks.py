"""Stand-ins for threads and pools: work is done at once, one after the other, in the order in which it is submitted.

A timeout is one of virtual seconds. It ends a call of the program that takes longer; the evaluator's own code it does not end, but the
time that this took counts.
"""

import concurrent.futures
import os
import queue
import signal
import sys
import threading
import time
import types

from . import bridge, imports


class Deadline:
    """Lets calls of the program end at a virtual time."""

    def __init__(self, seconds):
        self.at = None if seconds is None else time.monotonic() + seconds

    def __enter__(self):
        if self.at is not None:
            bridge.deadlines.append(self.at)
        return self

    def __exit__(self, *_):
        if self.at is not None:
            bridge.deadlines.remove(self.at)


class LaterFuture(concurrent.futures.Future):
    """A future whose work is done when its result is asked for, so that the timeout of asking bounds it."""

    def __init__(self, function, args, kwargs):
        super().__init__()
        self._work = (function, args, kwargs)

    def _run(self, seconds=None):
        work, self._work = self._work, None
        if work is None or not self.set_running_or_notify_cancel():
            return
        function, args, kwargs = work
        try:
            with Deadline(seconds):
                value = function(*args, **kwargs)
        except BaseException as error:
            self.set_exception(error)
        else:
            self.set_result(value)

    def _timed(self, seconds):
        began = time.monotonic()
        self._run(seconds)
        if seconds is not None and time.monotonic() - began > seconds:
            raise concurrent.futures.TimeoutError()

    def result(self, timeout=None):
        self._timed(timeout)
        return super().result(0)

    def exception(self, timeout=None):
        self._timed(timeout)
        return super().exception(0)

    def done(self):
        self._run()
        return super().done()

    def add_done_callback(self, function):
        self._run()
        super().add_done_callback(function)


class Executor(concurrent.futures.Executor):
    """An executor without threads."""

    def __init__(self, max_workers=None, *args, initializer=None, initargs=(), **more):
        self._max_workers = max_workers or 1
        self._submitted = []
        if initializer is not None:
            initializer(*initargs)

    def submit(self, function, /, *args, **kwargs):
        future = LaterFuture(function, args, kwargs)
        self._submitted.append(future)
        return future

    def map(self, function, *iterables, timeout=None, chunksize=1):
        futures = [self.submit(function, *args) for args in zip(*iterables)]
        return (future.result(timeout) for future in futures)

    def shutdown(self, wait=True, *, cancel_futures=False):
        for future in self._submitted:
            if cancel_futures:
                future.cancel()
            else:
                future._run()
        self._submitted.clear()


def as_completed(futures, timeout=None):
    for future in list(futures):
        future._run(timeout) if isinstance(future, LaterFuture) else None
        yield future


def wait(futures, timeout=None, return_when=concurrent.futures.ALL_COMPLETED):
    futures = list(futures)
    for future in futures:
        future._run(timeout)
    return concurrent.futures._base.DoneAndNotDoneFutures(set(futures), set())


class Thread:
    """A thread or process whose work is done when somebody waits for it, or for a queue."""

    _number = 0
    _pending = []

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        Thread._number += 1
        self.name, self.daemon, self.ident = name or f"Thread-{Thread._number}", bool(daemon), None
        self._target, self._args, self._kwargs = target, args, kwargs or {}
        self._done = False
        self.exitcode = None
        self.pid = 1000 + Thread._number

    def run(self):
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def start(self):
        if self.ident is not None:
            raise RuntimeError("threads can only be started once")
        self.ident = self.native_id = Thread._number
        Thread._pending.append(self)

    def _perform(self, timeout=None):
        if self._done or self.ident is None:
            return
        self._done = True
        if self in Thread._pending:
            Thread._pending.remove(self)
        began = time.monotonic()
        try:
            with Deadline(timeout):
                self.run()
            self.exitcode = 0
        except SystemExit as error:
            self.exitcode = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        except BaseException as error:
            self.exitcode = 1
            if isinstance(error, TimeoutError) and timeout is not None and time.monotonic() - began >= timeout:
                self._done, self.exitcode = None, None
                return
            sys.stderr.write(f"Exception in thread {self.name}:\n")
            sys.excepthook(type(error), error, error.__traceback__)

    def join(self, timeout=None):
        self._perform(timeout)

    def is_alive(self):
        if self._done is None:
            return True
        self._perform()
        return False

    def terminate(self):
        if not self._done:
            self._done, self.exitcode = True, -15

    kill = terminate

    def close(self):
        self._done = True


class Pool:
    """A pool of processes, without processes."""

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
        if initializer is not None:
            initializer(*initargs)

    def apply(self, function, args=(), kwds=None):
        return function(*args, **(kwds or {}))

    def apply_async(self, function, args=(), kwds=None, callback=None, error_callback=None):
        return AsyncResult(LaterFuture(function, args, kwds or {}), callback)

    def map(self, function, items, chunksize=None):
        return [function(item) for item in items]

    def starmap(self, function, items, chunksize=None):
        return [function(*item) for item in items]

    def imap(self, function, items, chunksize=1):
        return (function(item) for item in list(items))

    imap_unordered = imap

    def map_async(self, function, items, chunksize=None, callback=None):
        return AsyncResult(LaterFuture(self.map, (function, list(items)), {}), callback)

    def close(self):
        pass

    terminate = join = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class AsyncResult:
    """The result of work that a pool does later."""

    def __init__(self, future, callback=None):
        self._future, self._callback = future, callback

    def get(self, timeout=None):
        import multiprocessing

        try:
            value = self._future.result(timeout)
        except (TimeoutError, concurrent.futures.TimeoutError):
            raise multiprocessing.TimeoutError() from None
        if self._callback is not None:
            self._callback(value)
        return value

    def wait(self, timeout=None):
        self._future._run(timeout)

    def ready(self):
        return self._future.done()

    def successful(self):
        return self._future.exception() is None


# ---- alarms -------------------------------------------------------------------------------------------------------------

alarm_state = {"handler": signal.SIG_DFL, "deadline": None}
_signal = signal.signal


def set_handler(number, handler):
    if number != getattr(signal, "SIGALRM", 14):
        try:
            return _signal(number, handler)
        except (OSError, ValueError):
            return signal.SIG_DFL
    before, alarm_state["handler"] = alarm_state["handler"], handler
    return before


def alarm(seconds):
    """Set the virtual time at which calls of the program end and the handler of SIGALRM is called; 0 for none."""
    left = 0
    if alarm_state["deadline"] is not None:
        left = max(0, int(alarm_state["deadline"] - time.monotonic()))
        if alarm_state["deadline"] in bridge.deadlines:
            bridge.deadlines.remove(alarm_state["deadline"])
        alarm_state["deadline"] = None
    if seconds:
        alarm_state["deadline"] = time.monotonic() + seconds
        bridge.deadlines.append(alarm_state["deadline"])
    return left


def setitimer(which, seconds, interval=0.0):
    return (float(alarm(seconds)), 0.0)


_exchange = bridge.exchange


def exchange(request, resume):
    """As the bridge's, with the handler of SIGALRM where its time has come."""
    try:
        return _exchange(request, resume)
    except TimeoutError:
        deadline, handler = alarm_state["deadline"], alarm_state["handler"]
        if deadline is not None and time.monotonic() >= deadline and callable(handler):
            alarm(0)
            handler(getattr(signal, "SIGALRM", 14), sys._getframe())
        raise


def install():
    """Put the stand-ins in place of threads, pools and alarms; in modules that take long to import, when they are imported."""
    bridge.exchange = exchange
    import concurrent.futures.thread

    for module in (concurrent.futures, concurrent.futures.thread):
        replace_executors(module)
    concurrent.futures.as_completed, concurrent.futures.wait = as_completed, wait
    imports.after_import("concurrent.futures.process", replace_executors)
    imports.after_import("multiprocessing", replace_multiprocessing)
    imports.after_import("multiprocessing.pool", replace_pool)
    threading.Thread = Thread
    queue.Queue = LaterQueue
    signal.signal, signal.alarm, signal.setitimer = set_handler, alarm, setitimer
    for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"):
        if not hasattr(signal, name):
            setattr(signal, name, 0)
    os.getpid = lambda: 1
    os.cpu_count = lambda: 1
    if not hasattr(os, "kill"):
        os.kill = lambda pid, number: None


def replace_executors(module):
    module.ThreadPoolExecutor = module.ProcessPoolExecutor = Executor


def replace_pool(module):
    module.Pool = Pool


def replace_multiprocessing(module):
    context = types.SimpleNamespace(Process=Thread, Pool=Pool, Queue=_queue, Manager=manager, cpu_count=lambda: 1)
    module.Process, module.Pool = Thread, Pool
    module.Queue = module.SimpleQueue = module.JoinableQueue = _queue
    module.Manager, module.Lock = manager, threading.Lock
    module.Value = lambda kind, value=0, **_: types.SimpleNamespace(value=value)
    module.get_context = lambda method=None: context
    module.set_start_method = lambda *_, **__: None
    module.cpu_count = lambda: 1


class LaterQueue(queue.Queue):
    """A queue on which waiting lets started threads do their work."""

    def get(self, block=True, timeout=None):
        while block and self.empty() and Thread._pending:
            Thread._pending[0]._perform(timeout)
        if self.empty():
            raise queue.Empty()
        return super().get(False)

    def close(self):
        pass

    join_thread = cancel_join_thread = close


def _queue(maxsize=0, **_):
    return LaterQueue()


def manager():
    return types.SimpleNamespace(dict=dict, list=list, Queue=_queue, shutdown=lambda: None)
