"""AlphaEvolve: an evaluator of programs proposed by the service, which runs them in the sandbox and not with `exec`."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest

Scores = dict[str, dict[str, list[dict[str, Any]]]]


def _files(program: Any) -> dict[str, str]:
    """Returns the files of `{"content": {"files": [{"path", "content"}]}}`."""
    content = program.get("content") if isinstance(program, Mapping) else None
    files = content.get("files") if isinstance(content, Mapping) else None
    if not isinstance(files, Sequence) or isinstance(files, str) or not files:
        raise UsageError('program: expected {"content": {"files": [{"path": "…", "content": "…"}]}}')
    found: dict[str, str] = {}
    for number, each in enumerate(files):
        path, text = (each.get("path"), each.get("content")) if isinstance(each, Mapping) else (None, None)
        if not isinstance(path, str) or not isinstance(text, str):
            raise UsageError(f"program: file {number} has no text of `path` and `content`")
        found[path] = text
    return found


def evaluator(
    entry: str, score: Callable[[Any], Any], *, path: str | None = None, inputs: Sequence[Sequence[Any]] | None = None,
    timeout: float = 60.0, failed: float | Mapping[str, float] = 0.0, metric: str = "score", **options: Any,
) -> Callable[[Mapping[str, Any]], Scores]:
    """Returns an `evaluator({"content": …})` that calls `entry` in a guest and passes the return value to `score`.

    `path` is the file that defines `entry`; it may be omitted for programs with one file. The program's other files can be
    imported. `inputs` are the positional arguments of several calls, each in its own guest; `score` then gets the list of return
    values. `score` returns a number, which is the metric `metric`, or a dictionary of numbers; `failed` is the score of a program
    that returned no data.

    Returns `{"scores": {"scores": [{"metric": …, "score": …}]}}`. `timeout` is in virtual seconds for each call: 1 s is 1e9 fuel.
    `options` are those of `hyperspace.Sandbox`.
    """
    if not isinstance(entry, str) or not entry.isidentifier() or not callable(score):
        raise UsageError("entry, score: expected the name of a function of the program and a function of the data that it returns")
    if inputs is not None and not inputs:
        raise UsageError("inputs: expected the arguments of one or more calls, such as [(1,), (2,)]")
    box = _guest.sandbox(timeout, options)

    def evaluate(program: Mapping[str, Any]) -> Scores:
        files = _files(program)
        main = path if path is not None else (next(iter(files)) if len(files) == 1 else None)
        if main not in files:
            raise UsageError(f"path: name the file that defines {entry}; the program has {', '.join(files)}")
        calls = [_guest.Call(files[main], entry, args, files=files, name=main) for args in ([()] if inputs is None else inputs)]
        results = _guest.call_many(box, calls)
        if bad := next((each for each in results if not each.ok), None):
            _guest.log.info("the program has no score: %s", bad.error)
            return _scores(failed, metric)
        values = [each.value for each in results]
        scored, error = _guest.judged(score, values[0] if inputs is None else values)
        numbers = {} if error else _guest.metrics_of(scored if isinstance(scored, Mapping) else {metric: scored})[0]
        return _scores(numbers or failed, metric)

    return evaluate


def _scores(found: float | Mapping[str, float], metric: str) -> Scores:
    numbers = found if isinstance(found, Mapping) else {metric: found}
    return {"scores": {"scores": [{"metric": name, "score": value} for name, value in numbers.items()]}}
