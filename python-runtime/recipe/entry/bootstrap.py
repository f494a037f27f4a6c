"""What a job means: embedded into the module, executed once before the snapshot, called for every job.

`run(job)` returns 0 (result delivered), 1 (error delivered), 2 (job not understood) or 256 + code (leave with that code).
"""
import sys

import _hyperspace

# Preloaded: what agents use most, so that importing it costs nothing in a run.
import ast, asyncio, bisect, collections, collections.abc, contextlib, copy, csv, dataclasses, datetime, decimal, enum
import errno, fractions, functools, hashlib, heapq, importlib.util, io, itertools, json, keyword, linecache, logging, math
import operator, os, pathlib, random, re, selectors, statistics, string, struct, textwrap, time, tokenize, traceback, types, typing
import encodings.ascii, encodings.latin_1, encodings.utf_8
import atexit, gc


SDK = "/sdk"
PACKAGES = ("agent", "agent.tools", "hyperspace")  # those of the SDK that have modules of their own


class PackageFinder:
    """Finds the SDK by name alone; listing its directory would put the order of a host's directory into the snapshot."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in PACKAGES:
            return None
        place = f"{SDK}/" + name.replace(".", "/")
        locate = importlib.util.spec_from_file_location
        if name in PACKAGES:
            return locate(name, f"{place}/__init__.py", submodule_search_locations=[place])
        return locate(name, f"{place}.py")


sys.meta_path.insert(0, PackageFinder)
import agent, hyperspace
sys.meta_path.remove(PackageFinder)
# A job that does not ask for the SDK may have a module of this common name itself.
AGENT = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "agent"}
del agent

STDLIB = "/usr/lib/python313.zip"
HOMES = ("/repo", "/tmp", "/")
TEXT_MAX = 64 * 1024  # characters of a message or a traceback that leave the guest


class ContractError(Exception):
    """The job's bytes are not a job."""


# ---- event loop -------------------------------------------------------------------------------------------------------

class GuestSelector(selectors._BaseSelectorImpl):
    """Nothing to select here: no sockets, no pipes. Waiting is sleeping."""

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("the event loop waits for something that can never happen here")
        if timeout > 0:
            time.sleep(timeout)
        return []


class GuestEventLoop(asyncio.BaseEventLoop):
    """An event loop of timers and tasks alone; a default executor's work is done at once, there being no threads."""

    def __init__(self):
        super().__init__()
        self._selector = GuestSelector()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    def close(self):
        super().close()
        self._selector.close()

    def run_in_executor(self, executor, func, *args):
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        self._check_closed()
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except StopIteration as error:
            future.set_exception(RuntimeError(repr(error)))
        except Exception as error:
            future.set_exception(error)
        return future


class GuestEventLoopPolicy(asyncio.events.BaseDefaultEventLoopPolicy):
    """Makes `asyncio.run` work without sockets."""

    _loop_factory = GuestEventLoop


# ---- the state of a run -------------------------------------------------------------------------------------------------

def offer_agent(wanted):
    """Make the package `agent` importable without its files, or not."""
    if wanted != ("agent" in sys.modules):
        if wanted:
            sys.modules.update(AGENT)
        else:
            for name in AGENT:
                sys.modules.pop(name, None)


def refresh(job):
    """Replace what the snapshot froze: environment, random state, arguments, paths, directory."""
    data = os.environ._data
    data.clear()
    data.update(_hyperspace._environ())
    random.seed()
    logging._startTime = time.time_ns()
    sys.argv[:] = job.get("argv") or [""]
    sys.path[:] = [*job.get("path", ()), STDLIB]
    offer_agent(SDK in sys.path)
    for home in (job["cwd"], *HOMES) if "cwd" in job else HOMES:
        try:
            os.chdir(home)
            break
        except OSError:
            continue


def flush():
    """Push out what is still buffered; a stream that cannot take it is the guest's own doing."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def fresh_main(**names):
    """A new, empty `__main__`."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, **names)
    sys.modules["__main__"] = module
    return module.__dict__


# ---- kinds of job -------------------------------------------------------------------------------------------------------

def run_source(spec):
    source, name = spec["source"], spec.get("name") or "<string>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec", dont_inherit=True), fresh_main())


def run_file(spec):
    path = spec["file"]
    with io.open_code(path) as stream:
        source = stream.read()
    exec(compile(source, path, "exec", dont_inherit=True), fresh_main(__file__=path))


def load(name):
    """Import a module; unlike importlib.import_module this leaves no frames of the import system in a traceback."""
    __import__(name)
    return sys.modules[name]


def run_call(spec):
    call = spec["call"]
    target = load(call["module"])
    for part in call["function"].split("."):
        target = getattr(target, part)
    return target(*call.get("args", ()), **call.get("kwargs", {}))


def run_prepare(spec):
    for name in spec["prepare"]:
        load(name)
    gc.collect()
    gc.freeze()


KINDS = {"source": run_source, "file": run_file, "call": run_call, "prepare": run_prepare}
SCRIPTS = ("source", "file")


def understand(raw):
    """The job and its kind, or ContractError."""
    try:
        job = json.loads(raw)
        kinds = [kind for kind in KINDS if kind in job["main"]]
    except (ValueError, TypeError, KeyError) as error:
        raise ContractError(f"the job is not a job: {error!r}") from None
    if len(kinds) != 1:
        raise ContractError("the job must have exactly one of " + ", ".join(KINDS))
    return job, kinds[0]


# ---- results ------------------------------------------------------------------------------------------------------------

def clean(text):
    """Text that every JSON reader takes: lone surrogates written out, long text cut in the middle."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) > TEXT_MAX:
        half = TEXT_MAX // 2
        text = f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
    return text


def encode(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def offending(value, where="result", depth=0):
    """The first place in `value` that is not JSON: (path, what) or None."""
    if value is None or isinstance(value, (bool, int)) or depth > 100:
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else (where, f"the number {value!r}")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return where, "text with a lone surrogate"
        return None
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float)) and key is not None:
                return where, f"a key of type {type(key).__qualname__}"
            found = offending(key, f"{where} key {key!r}", depth) or offending(item, f"{where}[{key!r}]", depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found = offending(item, f"{where}[{index}]", depth + 1)
            if found:
                return found
        return None
    return where, f"an object of type {type(value).__qualname__}"


def encode_result(value):
    """Strict JSON of a result; TypeError or ValueError that names the place otherwise."""
    try:
        return encode({"ok": value})
    except (TypeError, ValueError) as error:
        found = offending(value)
        if found is None:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"a result must be JSON: {found[0]} is {found[1]}") from None


def own_frames_removed(error):
    """The traceback without the frames of this file and of importing for it."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_globals is globals():
        tb = tb.tb_next
    return tb


def describe(error):
    """The frame that reports an exception."""
    kind = type(error)
    module = kind.__module__
    name = kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"
    try:
        message = clean(str(error))
    except Exception:
        message = "<exception without text>"
    try:
        text = clean("".join(traceback.format_exception(error)))
    except Exception:
        text = f"{name}: {message}\n"
    number = error.errno if isinstance(error, OSError) and type(error.errno) is int else None
    return {"error": {"type": clean(name), "message": message, "traceback": text, "errno": number}}


def show(error, text):
    """Print an uncaught exception as python does."""
    try:
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            sys.stdout.flush()
            sys.stderr.write(text)
    except Exception:
        pass


def exit_code(error):
    """The exit code of SystemExit, printing its text as python does."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    try:
        sys.stdout.flush()
        sys.stderr.write(f"{code}\n")
    except Exception:
        pass
    return 1


# ---- one job ------------------------------------------------------------------------------------------------------------

deliver = _hyperspace.result
reserve = []  # memory given back when a guest has used up all of its own, so that this can be said


def perform(kind, main):
    """Do the job; its frame and status."""
    try:
        value = KINDS[kind](main)
        frame = encode_result(None if kind in SCRIPTS or kind == "prepare" else value)
        if kind in SCRIPTS:
            atexit._run_exitfuncs()
        deliver(frame)
        return 0
    except SystemExit as error:
        atexit._run_exitfuncs()
        return 256 + exit_code(error)
    except BaseException as error:
        reserve.clear()
        error.__traceback__ = own_frames_removed(error)
        report = describe(error)
        if kind in SCRIPTS:
            show(error, report["error"]["traceback"])
            atexit._run_exitfuncs()
        deliver(encode(report))
        return 1


def run(raw):
    """One job from its bytes to its status."""
    try:
        job, kind = understand(raw)
    except ContractError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    refresh(job)
    if not reserve:
        reserve.append(bytearray(64 * 1024))
    try:
        return perform(kind, job["main"])
    finally:
        flush()


# ---- a snapshot that runs seldom write to ---------------------------------------------------------------------------------

ROOM_BYTES = 8 << 20
WARM_UP_ROUNDS = 64  # more than the interpreter waits before it specialises byte code


def warm_up():
    """Do jobs of each kind, so that the byte code that every run passes is specialised before the snapshot, not in each run."""
    global deliver
    deliver = hash  # a built-in of one argument, as the real one is; nothing leaves
    sink = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    kept = sys.stdout, sys.stderr, linecache.cache.copy()
    sys.stdout = sys.stderr = sink
    jobs = [
        {"source": "import sys, json\nx = [1, 2]\nfor y in x: print('warm', y)\n", "name": "warm.py"},
        {"call": {"module": "operator", "function": "add", "args": [1, 2], "kwargs": {}}},
        {"source": "raise ValueError('warm')", "name": "warm.py"},
    ]
    for _ in range(WARM_UP_ROUNDS):
        for main in jobs:
            run(json.dumps({"argv": ["warm.py"], "path": [SDK], "main": main}).encode())
    deliver = _hyperspace.result
    sys.stdout, sys.stderr, cache = kept
    linecache.cache.clear()
    linecache.cache.update(cache)
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv[:] = [""]


def keep_for_good():
    """Whatever exists now exists in every run: its references are no longer counted, so that using it writes to no page."""
    immortal = _hyperspace._immortal
    objects, seen = gc.get_objects(), set()
    while objects:
        new = []
        for thing in objects:
            if id(thing) not in seen and type(thing) is not types.FrameType:
                seen.add(id(thing))
                new.append(thing)
        objects = gc.get_referents(*new)
        immortal(new)


def settle():
    """Last act before the snapshot: leave nothing half done and nothing that only this start needed."""
    asyncio.set_event_loop_policy(GuestEventLoopPolicy())
    warm_up()
    re.purge()
    linecache.clearcache()
    sys.path[:] = [STDLIB]
    for place in set(sys.path_importer_cache) - {STDLIB}:
        del sys.path_importer_cache[place]
    reserve.clear()
    gc.collect()
    keep_for_good()
    reserve.append(bytearray(64 * 1024))
    # Free memory of zeros at the end of the heap, which costs the snapshot nothing: most runs then never grow the memory.
    room = bytearray(ROOM_BYTES)
    del room
    gc.collect()
    gc.freeze()
