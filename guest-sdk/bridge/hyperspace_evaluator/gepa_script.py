"""Scripts that call `optimize_anything` of GEPA: run up to that call, which says what is evolved, how it is measured, and on what data."""

import inspect
import os
import sys

from gepa import optimize_anything as shim

import hyperspace_wire as wire

from . import imports, results

TEXT = "candidate.txt"


def called(path):
    """The arguments of the script's call."""
    sys.argv[:] = [path]
    try:
        imports._run_path(path, run_name="__main__")
    except shim.Called as call:
        return call.arguments
    raise results.NoScore(f"{os.path.basename(path)} does not call optimize_anything when it is run")


def describe(file):
    """What has to be known of a script to make a task of it: the candidate's files, the sizes of its data, its texts."""
    folder = os.path.dirname(os.path.join("/task", file))
    sys.path.insert(0, folder)
    os.chdir(folder)
    sys.dont_write_bytecode = True
    call = called(os.path.join("/task", file))
    seed = call.get("seed_candidate")
    if isinstance(seed, str):
        files = {TEXT: seed}
    elif isinstance(seed, dict) and seed and all(isinstance(part, str) for pair in seed.items() for part in pair):
        files = {file_of(name): text for name, text in seed.items()}
    else:
        raise ValueError("optimize_anything is called without seed_candidate, a text or a dictionary of texts; give it one to start from")
    size = {name: len(list(call[name])) if call.get(name) is not None else None for name in ("dataset", "valset")}
    return {"files": files, **size, "objective": call.get("objective") or "", "background": call.get("background") or ""}


def file_of(name):
    """The file of a part of the candidate."""
    plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name).strip(".") or "part"
    return plain if "." in plain else plain + ".txt"


def evaluate(spec, notes):
    """The mean score of the candidate over the data that the case names."""
    call = called(os.path.join("/task", spec["file"]))
    seed, evaluator = call.get("seed_candidate"), call["evaluator"]
    if isinstance(seed, dict):
        candidate = {name: imports.text_of(f"/repo/{file_of(name)}") or "" for name in seed}
    else:
        candidate = imports.text_of(f"/repo/{TEXT}") or ""
    name = spec["args"][0] if spec["args"] else "dataset"
    data = call.get(name) if call.get(name) is not None else call.get("dataset")
    examples = [None] if data is None else list(data)
    if not examples:
        raise results.NoScore(f"{name} is empty; expected at least one example")
    scores, artifacts = [], {}
    for index, example in enumerate(examples):
        shim.forget()
        returned = wire.finished(evaluator(candidate, *([] if data is None else [example]), **extra(evaluator)))
        metrics, told = results.parts(returned)
        scores.append(number(metrics, notes))
        told = {**{key: value for key, value in metrics.items() if key != "score"}, **told}
        if shim.get_log():
            told["log"] = shim.get_log()
        artifacts.update(told if data is None else {f"{index} {key}": value for key, value in told.items()})
    if len(scores) > 1:
        notes.append(f"score is the mean over {len(scores)} examples of {name}")
    return {"score": scores[0] if len(scores) == 1 else sum(scores) / len(scores), "artifacts": artifacts}


def number(metrics, notes):
    found = metrics.get("score")
    if not results.is_number(found) or not results.is_finite(found):
        raise results.NoScore(f"the evaluator returned {results.shown(metrics)}; expected a number, or (number, side information)")
    return found


def extra(evaluator):
    """The reserved parameters of an evaluator."""
    try:
        parameters = inspect.signature(evaluator).parameters
    except (TypeError, ValueError):
        return {}
    return {"opt_state": shim.OptimizationState()} if "opt_state" in parameters else {}
