"""Stand-ins for threads and processes: their work is done, one after the other, when somebody waits for them or for what they bring.

A process has the evaluator's memory, as it would have after a fork; what it changes there is changed.
"""

import collections
import concurrent.futures
import queue
import sys
import threading
import time
import types

from .tasks import Deadline, LaterFuture


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
        # Where nobody takes anything, waiting would have no end.
        if self.maxsize > 0 and self.full() and not (block and wait_for(lambda: not self.full(), timeout)):
            raise queue.Full()
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
