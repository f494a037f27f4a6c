"""Runs an evaluator once: loads its module, calls its function, and reads what it returned."""

import importlib.util
import inspect
import json
import os
import random
import sys
import traceback

import hyperspace_hooks as hooks
import hyperspace_wire as wire

from . import bridge, code, files, gepa_script, imports, processes, results, tasks

EVIDENCE_MAX = 4000
ABSENT_MAX = 8
# Engines of which there are modules here, and one of them.
ENGINES = {
    "openevolve": "openevolve.evaluation_result", "shinka": "shinka.core", "skydiscover": "skydiscover.evaluation", "coral": "coral.grader",
    "gepa": "gepa.optimize_anything",
}


def evaluate(spec):
    """One evaluation, as the host describes it; what came of it, as data."""
    notes = []
    try:
        prepare(spec)
        returned, notes = run(spec, notes)
        if not bridge.state["calls"] and not bridge.state.get("loaded") and not bridge.state.get("processes") and not spec["reads"]:
            notes.append("the evaluator did not load the program")
        notes.extend(f"not here: {what}" for what in list(bridge.absent)[:ABSENT_MAX])
        notes.extend(f"left out: {what}" for what in bridge.left_out)
        answer = results.report(returned, spec.get("key"), notes)
    except results.NoScore as error:
        answer = {"fault": "evaluator", "text": str(error), "place": place_of_function(spec), "trace": ""}
    except Incorrect as error:
        answer = {"fault": "program", "kind": "incorrect", "text": str(error), "trace": ""}
    except bridge.ProgramExit as error:
        answer = fault(error, spec)
    except SystemExit as error:
        answer = {"fault": "evaluator", "text": f"it called exit({error.code!r}) before it returned a result", "place": place(error, spec), "trace": ""}
    except BaseException as error:
        answer = fault(error, spec)
    processes.ask("program.end", {})
    answer["calls"] = bridge.state["calls"]
    answer["mixed"] = bool(bridge.state.get("mixed"))
    sys.stdout.flush()
    return unicode(answer)


def unicode(value):
    """A value without halves of characters in its texts, which may be the program's: JSON for the host has none."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, (list, tuple)):
        return [unicode(item) for item in value]
    return {unicode(name): unicode(item) for name, item in value.items()} if isinstance(value, dict) else value


def read_pickles_as_data(_):
    from . import pickles

    pickles.replace()


class Incorrect(Exception):
    """The evaluator says that the program is not correct."""


def fault(error, spec):
    """The answer for an exception that left the evaluator: the program's fault if it came from there."""
    text = evidence(error)[-EVIDENCE_MAX:]
    told = getattr(error, "hyperspace_program", None)
    # Evidence of the program's faults is shown to the program, so it has no line of the evaluator's text.
    called = f"called by {place(error, spec)}"
    if isinstance(error, bridge.ProgramEnded):
        end = bridge.state["ended"] or {}
        return {"fault": "ended", "kind": error.outcome, "text": str(error), "trace": joined(end.get("trace"), called)}
    if told is not None:
        return {"fault": "program", "kind": told["type"], "text": told["message"], "trace": joined(told["traceback"], called)}
    name = type(error).__name__
    message = wire.text_of(error)
    if isinstance(error, ModuleNotFoundError):
        message += missing(error.name, spec)
    if isinstance(error, SyntaxError) and error.filename:
        message = error.msg
    if isinstance(error, MemoryError) and not message:
        message = "it needs more memory than it has; raise memory_bytes in [scorer.limits] of task.toml"
    return {"fault": "evaluator", "text": f"{name}: {message}", "place": place(error, spec), "trace": text}


def evidence(error):
    """The traceback of an exception, without the frames of what loads and calls the evaluator."""
    told = traceback.TracebackException.from_exception(error)
    above, number = told, 0
    while above is not None and number < 10:
        kept = [frame for frame in above.stack if not frame.filename.startswith(("/bridge/", "<frozen importlib"))]
        above.stack = traceback.StackSummary.from_list(kept)
        above, number = above.__cause__ or above.__context__, number + 1
    return "".join(told.format())


def joined(trace, called):
    return f"{trace.rstrip()}\n{called}" if trace else called


def missing(name, spec):
    """What can be done about a module that is not there."""
    top = (name or "").partition(".")[0]
    known = {
        "torch": "it needs native code and a processor of its own kind", "jax": "it needs native code", "mlx": "it needs a GPU",
        "cupy": "it needs a GPU", "tensorflow": "it needs native code",
    }
    if top in known:
        return f"; {top} cannot run in a guest: {known[top]}. Compute what needs it beforehand and put the data into the task"
    if name != top and top in ENGINES:
        return f"; of {top} there is only what evaluators need, such as {ENGINES[top]}; what asks models or runs a search does not run in a guest"
    if top in sys.stdlib_module_names:
        return f"; {top} is a part of Python's library that no guest has, as it needs native code, processes or sockets of the host"
    folders = sorted({entry.partition(".")[0] for entry in (os.listdir("/packages") if os.path.isdir("/packages") else [])})
    there = f"the standard library and {', '.join(folders)}" if folders else "the standard library"
    return f"; there is {there}. Add a pure-Python wheel or folder with packages = [\"...\"] in task.toml"


def place(error, spec):
    """File and line in the task where an exception came from."""
    found = ""
    if isinstance(error, SyntaxError) and str(error.filename).startswith("/task/"):
        return f"{short(error.filename)}, line {error.lineno}"
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith("/task"):
            found = f"{short(frame.f_code.co_filename)}, line {line}"
    return found or place_of_function(spec)


def short(path):
    return path.removeprefix("/task/")


def place_of_function(spec):
    module = sys.modules.get(spec["module"])
    function = getattr(module, spec.get("function") or "", None)
    try:
        return f"{spec['file']}, line {inspect.unwrap(function).__code__.co_firstlineno}"
    except AttributeError:
        return spec["file"]


def prepare(spec):
    """The world of the evaluator: its folder, its variables, and stand-ins for what a guest has not."""
    sys.dont_write_bytecode = True
    sys.executable = "/usr/bin/python3"
    os.environ.setdefault("HOME", "/tmp")
    os.environ.setdefault("TMPDIR", "/tmp")
    os.environ.setdefault("USER", "user")
    for name, value in (spec.get("env") or {}).items():
        os.environ[name] = value
    folder = os.path.dirname(os.path.join("/task", spec["file"]))
    _follow_variables()
    sys.path.insert(0, folder)
    os.chdir(folder)
    random.seed(spec["seed"])
    names = set(spec["names"])
    bridge.streams[:] = sys.stdout, sys.stderr, sys.stdin
    # Modules that both guests have, in which values may name a class.
    visible = [os.path.join("/task", name.rstrip("/")) for name in spec.get("visible") or ()]
    visible = [path + "/" if os.path.isdir(path) else path for path in visible]
    wire.shared["files"] = ("/packages/", os.path.dirname(os.__file__) + "/", *visible)
    if spec["isolation"] == "call":
        bridge.state["prepared"] = {spec["entry"]}
    imports.install("/repo", names)
    processes.install()
    files.results.update(os.path.join(spec["results"], name) for name in ("metrics.json", "correct.json", "results.json"))
    tasks.install()
    hooks.after_import("pickle", read_pickles_as_data)
    code.install(spec["separation"] == "shared", file=spec["file"])
    hooks.after_import("socket", without_network)


def _follow_variables():
    """Note what the evaluator sets in its environment, as `os.environ` and `os.putenv` do."""
    putenv, unsetenv = os.putenv, os.unsetenv

    def put(name, value):
        putenv(name, value)
        bridge.note_variable(name, value)

    def unset(name):
        unsetenv(name)
        bridge.note_variable(name)

    os.putenv, os.unsetenv = put, unset


def without_network(module):
    """Let what needs a network say that there is none."""

    def refused(*_, **__):
        bridge.absent.setdefault("the network, which the evaluator tried to use")
        raise OSError(113, "there is no network in a guest; put what the evaluator needs from there into the task's folder")

    for name in ("create_connection", "create_server", "getaddrinfo", "gethostbyname"):
        setattr(module, name, refused)
    for name in ("bind", "connect", "connect_ex"):
        setattr(module.socket, name, refused)
    module.gethostname = lambda: "localhost"


def load(spec):
    """The evaluator's module, from its file."""
    path = os.path.join("/task", spec["file"])
    # The loader is named, as a specification may have another ending than .py.
    loader = imports.SourceFileLoader(spec["module"], path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(spec["module"], loader))
    sys.modules[spec["module"]] = module
    if spec.get("replaces"):
        import funsearch

        # Specifications name the decorators without importing them.
        module.funsearch = funsearch
    loader.exec_module(module)
    replace(module, spec)
    return module


def replace(module, spec):
    """Take functions of the evaluator's file from the program."""
    names = spec.get("replaces") or []
    if not names:
        return
    found = imports.spec_of("program", spec["program"])
    program = importlib.util.module_from_spec(found)
    found.loader.exec_module(program)
    for name in names:
        if not hasattr(program, name):
            raise Incorrect(f"the program has no function {name!r}, which the evaluator takes from it")
        setattr(module, name, getattr(program, name))


def run(spec, notes):
    call = spec["call"]
    if call == "script":
        return script(spec), notes
    if call == "command":
        return command(spec), notes
    if call == "gepa":
        return gepa_script.evaluate(spec, notes), notes
    module = load(spec)
    if call == "grader":
        return grader(module, spec), notes
    stages = [name for name in ("evaluate_stage1", "evaluate_stage2", "evaluate_stage3") if hasattr(module, name)]
    if spec.get("cascade") is not None and stages:
        return cascade(module, stages, spec, notes), notes
    function = getattr(module, spec["function"], None)
    if function is None:
        defined = [name for name, value in vars(module).items() if inspect.isfunction(value)]
        raise results.NoScore(f"it has no function {spec['function']!r}, which scorer.function names; it defines {', '.join(defined) or 'none'}")
    if not callable(function):
        raise results.NoScore(f"its {spec['function']!r}, which scorer.function names, is {results.shown(function)}; expected a function")
    return shinka(wire.finished(function(*arguments(function, spec), **keywords(function, spec))), spec), notes


def arguments(function, spec):
    """The arguments of the evaluator's function, in the form that the task names."""
    call = spec["call"]
    if call == "args":
        return list(spec["args"])
    if call == "files":
        return [{"content": {"files": [{"path": path, "content": text} for path, text in texts()]}}, *spec["args"]]
    if call == "text":
        return [imports.text_of(spec["program"]), *spec["args"]]
    if call == "texts":
        return [dict(texts()), *spec["args"]]
    first = [spec["program"]]
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) > 1 and parameters[1].name == "results_dir" and not spec["args"]:
        os.makedirs(spec["results"], exist_ok=True)
        first.append(spec["results"])
    return [*first, *spec["args"]]


def texts(root="/repo"):
    """The program's files that are text, with their paths, in order."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, encoding="utf-8", newline="") as stream:
                    found.append((os.path.relpath(path, root), stream.read()))
            except UnicodeDecodeError:
                continue
    return sorted(found)


def keywords(function, spec):
    if spec.get("case_seed") is None:
        return {}
    random.seed(spec["case_seed"])
    # Of this the program is told nothing: from it the evaluator draws.
    os.environ._data[os.environ.encodekey(processes.SEED)] = os.environ.encodevalue(str(spec["case_seed"]))
    parameters = inspect.signature(function).parameters
    return {"seed": spec["case_seed"]} if "seed" in parameters else {}


def cascade(module, stages, spec, notes):
    """The stages in order; the next one only if the threshold of the one before is reached."""
    merged, artifacts = {}, {}
    for index, name in enumerate(stages):
        function = getattr(module, name)
        returned = wire.finished(function(*arguments(function, spec), **keywords(function, spec)))
        metrics, found = results.parts(returned)
        merged.update(metrics)
        artifacts.update(found)
        if index + 1 == len(stages):
            break
        thresholds = spec["cascade"]
        if index >= len(thresholds) or not results.average(merged if index else metrics) >= thresholds[index]:
            why = "there is no further threshold" if index >= len(thresholds) else f"its score is below {thresholds[index]}"
            notes.append(f"stopped after stage {index + 1} of {len(stages)}: {why}")
            break
    return {**merged, "artifacts": artifacts}


def shinka(returned, spec):
    """What was returned, or what was written to the folder of results where that is the contract."""
    if returned is not None and not (isinstance(returned, tuple) and len(returned) == 3):
        return returned
    if isinstance(returned, tuple) and isinstance(returned[0], dict):
        if returned[1] is False:
            raise Incorrect(str(returned[2] or "the evaluator says that the program is not correct"))
        return returned[0]
    return written(spec, returned)


def written(spec, returned=None):
    metrics, correct = (os.path.join(spec["results"], name) for name in ("metrics.json", "correct.json"))
    if not os.path.exists(metrics):
        return returned
    if os.path.exists(correct):
        with open(correct) as stream:
            told = json.load(stream)
        if not told.get("correct", True):
            raise Incorrect(str(told.get("error") or "the evaluator says that the program is not correct"))
    with open(metrics) as stream:
        return json.load(stream)


def run_as_command():
    """Run the evaluator's file. It may end with an exit of its own; one of the program is no end, as what is written by then may be the program's."""
    try:
        imports._run_path(sys.argv[0], run_name="__main__")
    except bridge.ProgramExit:
        raise
    except SystemExit as error:
        if error.code not in (None, 0):
            raise


def script(spec):
    """The evaluator as a command: `FILE --program_path P --results_dir R`."""
    os.makedirs(spec["results"], exist_ok=True)
    sys.argv[:] = [os.path.join("/task", spec["file"]), "--program_path", spec["program"], "--results_dir", spec["results"]]
    run_as_command()
    found = written(spec)
    if found is None:
        raise results.NoScore(nothing("no metrics.json to the folder that --results_dir names"))
    return found


def nothing(what):
    """The sentence about an evaluator that wrote nothing, with what was left out."""
    return "; ".join((f"it wrote {what}", *(f"left out: {one}" for one in bridge.left_out)))


def command(spec):
    """The evaluator as a command: `FILE PROGRAM RESULTS`, which writes its metrics as JSON to the file RESULTS."""
    os.makedirs(spec["results"], exist_ok=True)
    path = os.path.join(spec["results"], "results.json")
    sys.argv[:] = [os.path.join("/task", spec["file"]), spec["program"], path]
    run_as_command()
    if not os.path.exists(path):
        raise results.NoScore(nothing("no results to the file that its second argument names"))
    with open(path) as stream:
        return json.load(stream)


def grader(module, spec):
    """The class of a CORAL task: the first one that ends with the grader's method."""
    import coral.grader as base

    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, base.TaskGrader) and value is not base.TaskGrader]
    if not found:
        raise results.NoScore("it defines no class derived from coral.grader.TaskGrader")
    settings = dict(spec.get("settings") or {})
    made = found[-1](codebase_path="/repo", private_dir="/task", args=settings)
    return wire.finished(made.evaluate())
