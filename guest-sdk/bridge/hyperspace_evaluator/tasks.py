"""Stand-ins for executors and alarms: work is done one after the other, in the order in which it is submitted, when somebody waits for it.

A timeout is one of virtual seconds. It ends a call of the program that takes longer; the evaluator's own code it does not end, but the
time that this took counts. An alarm ends that, too. Threads and processes are in `threads`.
"""

import concurrent.futures
import os
import queue
import threading
import time

import hyperspace_alarm

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


_exchange = bridge.exchange
alarms = []  # the time of the alarm that is set, as calls of the program are ended by it


def alarm_is_at(at):
    for old in alarms:
        bridge.deadlines.remove(old)
    alarms[:] = [at] if at is not None else []
    bridge.deadlines.extend(alarms)


def exchange(request, resume):
    """As the bridge's, with the handler of SIGALRM where its time has come."""
    try:
        return _exchange(request, resume)
    except TimeoutError:
        hyperspace_alarm.go_off()
        raise


def install():
    """Put the stand-ins in place of threads, pools and alarms; in modules that take long to import, when they are imported."""
    from . import threads

    bridge.exchange = exchange
    hyperspace_alarm.install()
    hyperspace_alarm.changed.append(alarm_is_at)
    import concurrent.futures.thread

    for module in (concurrent.futures, concurrent.futures.thread):
        replace_executors(module)
    concurrent.futures.as_completed, concurrent.futures.wait = as_completed, wait
    imports.after_import("concurrent.futures.process", replace_executors)
    imports.after_import("multiprocessing", threads.replace_multiprocessing)
    imports.after_import("multiprocessing.pool", threads.replace_pool)
    threading.Thread, threading.Timer, threading.Event = threads.Thread, threads.Timer, threads.Event
    queue.Queue = queue.SimpleQueue = threads.LaterQueue
    os.getpid = lambda: 1
    os.cpu_count = lambda: 1
    if not hasattr(os, "kill"):
        os.kill = lambda pid, number: None


def replace_executors(module):
    module.ThreadPoolExecutor = module.ProcessPoolExecutor = Executor
