"""Runs what the evaluator's `subprocess` asks for, in a guest of its own, as `python3` does: a file, a text, a module, or standard input."""

import linecache
import os
import runpy
import sys
import types

import hyperspace_alarm
import hyperspace_hooks as hooks
import hyperspace_python
import hyperspace_threads as threads


COMPILERS = ("py_compile", "compileall")
BYTE_CODE = "/tmp/.pycache"  # where compilers write, as the folder of a program may be read-only


def run(spec):
    """Run a program, and leave with its exit code."""
    prepare(spec)
    code = 0
    try:
        try:
            start(spec)
        finally:
            threads.finish()
    except SystemExit:
        raise
    except BaseException as error:
        told(error)
        code = 1
    raise SystemExit(code)


def prepare(spec):
    """Make the interpreter like `python3` in the folder that is asked for."""
    for folder in spec["folders"]:
        os.makedirs(folder, exist_ok=True)
    if os.path.isdir(spec["cwd"]):
        os.chdir(spec["cwd"])
    hyperspace_python.prepare()
    hyperspace_python.like_posix()
    hooks.install()
    threads.state["deadline"] = hyperspace_alarm.Deadline
    threads.install(hooks.after_import)
    sys.executable = "/usr/bin/python3"
    if spec["warnings"]:
        import warnings

        warnings._processoptions(spec["warnings"])
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep) if spec["environment"] else []
    sys.path[:0] = [os.path.abspath(folder) for folder in folders if folder]


def start(spec):
    kind, args = spec["kind"], spec["args"]
    if kind == "module":
        sys.path.insert(0, os.getcwd())
        sys.argv[:] = ["-m", *args]
        if spec["text"] in COMPILERS:
            return compiled(spec)
        return runpy.run_module(spec["text"], run_name="__main__", alter_sys=True)
    sys.argv[:] = [spec["name"], *args]
    if kind == "file" and os.path.isdir(spec["path"]):
        return runpy.run_path(spec["path"], run_name="__main__")
    text, name, own = spec["text"], "<string>" if kind == "text" else "<stdin>", {}
    if kind == "stdin":
        text = sys.stdin.read()
    if kind == "file":
        name = own["__file__"] = spec["path"]
        if text is None:
            with open(name, "rb") as stream:
                text = stream.read()
    else:
        linecache.cache[name] = len(text), None, text.splitlines(True), name
    sys.path.insert(0, os.path.dirname(name) if kind == "file" else "")
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__dict__.update(own, __builtins__=__builtins__)
    exec(compile(text, name, "exec", dont_inherit=True, optimize=spec["optimize"]), main.__dict__)


def compiled(spec):
    """Compile, and leave no byte code: it is no work of a program."""
    import shutil

    sys.pycache_prefix = BYTE_CODE
    try:
        runpy.run_module(spec["text"], run_name="__main__", alter_sys=True)
    finally:
        shutil.rmtree(BYTE_CODE, ignore_errors=True)


def told(error):
    """Print an exception as `python3` does, without the frames of what runs the program."""
    trace = error.__traceback__
    while trace is not None and (trace.tb_frame.f_globals is globals() or trace.tb_frame.f_code.co_filename == "<frozen runpy>"):
        trace = trace.tb_next
    try:
        sys.stdout.flush()
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    except Exception:
        pass
