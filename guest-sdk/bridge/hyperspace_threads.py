"""Stand-ins for threads, processes and executors: their work is done, one after the other, when somebody waits for it or for what it brings.

A process has the memory of who starts it, as it would have after a fork; what it changes there is changed. A timeout is one of virtual seconds.
"""

import collections
import concurrent.futures
import contextlib
import os
import queue
import sys
import threading
import time
import types
import weakref

state = {"deadline": lambda seconds: contextlib.nullcontext()}  # what ends work after virtual seconds, or never with None


def within(seconds):
    """A context that ends the work in it after virtual seconds by `TimeoutError`, where it can."""
    return state["deadline"](seconds)


class Thread:
    """A thread or process whose work is done when somebody waits for it, or for a queue."""

    _number = 0
    _pending = []
    _active = 0  # how many do their work, one within the other
    known = weakref.WeakValueDictionary()  # by their numbers as processes

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        Thread._number += 1
        self.name, self.daemon, self.ident = name or f"Thread-{Thread._number}", bool(daemon), None
        self._target, self._args, self._kwargs = target, args, kwargs or {}
        self._done = False
        self.exitcode = None
        self.pid = 1000 + Thread._number
        Thread.known[self.pid] = self

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
        Thread._active += 1
        try:
            with within(timeout):
                self.run()
            self.exitcode = 0
        except SystemExit as error:
            self.exitcode = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        except BaseException as error:
            self.exitcode = 1
            if isinstance(error, TimeoutError) and timeout is not None and time.monotonic() - began >= timeout:
                self._done, self.exitcode = None, None
                return
            self._told(error)
        finally:
            Thread._active -= 1

    def _told(self, error):
        threading.excepthook(types.SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=error.__traceback__, thread=self))

    def join(self, timeout=None):
        self._perform(timeout)

    def is_alive(self):
        if self._done is None:
            return True
        self._perform()
        return False

    def terminate(self):
        self.send_signal(15)

    def kill(self):
        self.send_signal(9)

    def send_signal(self, number):
        """End a process whose work is not done."""
        if not self._done:
            self._done, self.exitcode = True, -int(number)
            if self in Thread._pending:
                Thread._pending.remove(self)

    def close(self):
        self._done = True


def wait_for(is_there, timeout=None):
    """Let threads do their work, the first one first, until something is there; whether it is."""
    while not is_there() and Thread._pending:
        Thread._pending[0]._perform(timeout)
    return is_there()


class Timer(Thread):
    """Work that is done after a time, which passes when somebody waits for it."""

    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self.interval = interval
        self.daemon = True

    def run(self):
        time.sleep(self.interval)
        super().run()

    def cancel(self):
        self._done = True
        if self in Thread._pending:
            Thread._pending.remove(self)


class Event:
    """An event, for which started threads do their work."""

    def __init__(self):
        self._set = False

    def is_set(self):
        return self._set

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    def wait(self, timeout=None):
        return wait_for(self.is_set, timeout)


class LaterQueue(queue.Queue):
    """A queue on which waiting lets started threads do their work."""

    def _some(self):
        return not self.empty()

    def get(self, block=True, timeout=None):
        if not (wait_for(self._some, timeout) if block else self._some()):
            raise queue.Empty()
        return super().get(False)

    def put(self, item, block=True, timeout=None):
        if self.maxsize > 0 and self.full():
            if not block or timeout is not None and not (Thread._pending or Thread._active):
                raise queue.Full()
            # Who takes something has its turn when it is waited for, and gets all of it: a thread cannot stop in the middle for another one.
            with self.mutex:
                self._put(item)
                self.unfinished_tasks += 1
            return
        super().put(item, False)

    def close(self):
        pass

    join_thread = cancel_join_thread = close


class Connection:
    """An end of a pipe."""

    def __init__(self):
        self._items, self._other, self.closed = collections.deque(), None, False

    def send(self, item):
        if self.closed:
            raise OSError("handle is closed")
        self._other._items.append(item)

    send_bytes = send

    def poll(self, timeout=0.0):
        return wait_for(lambda: bool(self._items), timeout)

    def recv(self):
        if not self.poll(None):
            raise EOFError("nothing was sent, and nobody is there who could")
        return self._items.popleft()

    recv_bytes = recv

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pipe(duplex=True):
    first, second = Connection(), Connection()
    first._other, second._other = second, first
    return first, second


class Shared:
    """A number that processes have in common."""

    def __init__(self, kind, value=0, *, lock=True):
        self.value, self._lock = value, threading.RLock()

    def get_lock(self):
        return self._lock


class SharedArray(list):
    """Numbers that processes have in common."""

    def __init__(self, kind, content, *, lock=True):
        super().__init__([0] * content if isinstance(content, int) else content)
        self._lock = threading.RLock()

    def get_lock(self):
        return self._lock

    def get_obj(self):
        return self


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
            with within(seconds):
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

    def starmap_async(self, function, items, chunksize=None, callback=None, error_callback=None):
        return AsyncResult(LaterFuture(self.starmap, (function, list(items)), {}), callback)

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


class Manager(types.SimpleNamespace):
    """A manager, whose objects are those of Python."""

    def __init__(self):
        super().__init__(dict=dict, list=list, Queue=LaterQueue, Lock=threading.Lock, RLock=threading.RLock, Event=Event, Value=Shared,
                         Array=SharedArray, Namespace=types.SimpleNamespace, start=lambda: None, shutdown=lambda: None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


STAND_INS = {
    "Process": Thread, "Pool": Pool, "Queue": LaterQueue, "SimpleQueue": LaterQueue, "JoinableQueue": LaterQueue, "Pipe": pipe, "Event": Event,
    "Value": Shared, "Array": SharedArray, "RawValue": Shared, "RawArray": SharedArray, "Manager": Manager, "Lock": threading.Lock,
    "RLock": threading.RLock, "Semaphore": threading.Semaphore, "BoundedSemaphore": threading.BoundedSemaphore, "Condition": threading.Condition,
    "cpu_count": lambda: 1, "active_children": lambda: [], "freeze_support": lambda: None, "set_start_method": lambda *_, **__: None,
    "get_start_method": lambda *_, **__: "fork", "get_all_start_methods": lambda: ["fork", "spawn", "forkserver"],
}


def replace_pool(module):
    module.Pool = module.ThreadPool = Pool


def replace_multiprocessing(module):
    context = types.SimpleNamespace(**STAND_INS)
    context.get_context = lambda method=None: context
    for name, stand_in in STAND_INS.items():
        setattr(module, name, stand_in)
    module.get_context = context.get_context


def replace_executors(module):
    module.ThreadPoolExecutor = module.ProcessPoolExecutor = Executor


def install(after_import):
    """Put the stand-ins in place of threads and pools; in modules that take long to import, when they are imported, as `after_import` tells."""
    import concurrent.futures.thread

    for module in (concurrent.futures, concurrent.futures.thread):
        replace_executors(module)
    concurrent.futures.as_completed, concurrent.futures.wait = as_completed, wait
    after_import("concurrent.futures.process", replace_executors)
    after_import("multiprocessing", replace_multiprocessing)
    after_import("multiprocessing.pool", replace_pool)
    threading.Thread, threading.Timer, threading.Event = Thread, Timer, Event
    queue.Queue = queue.SimpleQueue = LaterQueue
    os.cpu_count = lambda: 1


def install_when_asked_for(after_import):
    """As `install`, once something asks `threading` for a thread, as few programs do."""

    def bring(name):
        if name not in asked:
            raise AttributeError(f"module 'threading' has no attribute {name!r}")
        del threading.__getattr__
        install(after_import)
        return getattr(threading, name)

    asked = ("Thread", "Timer", "Event")
    for name in asked:
        delattr(threading, name)
    threading.__getattr__ = bring
    after_import("multiprocessing", lambda module: (install(after_import), replace_multiprocessing(module)))


def finish():
    """Do the work of threads that nobody has waited for, as a program does at its end; that of daemons is left."""
    while waiting := [thread for thread in Thread._pending if not thread.daemon]:
        waiting[0].join()
