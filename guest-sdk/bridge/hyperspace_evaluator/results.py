"""What an evaluator returned: a score, further metrics, and artifacts, all bounded."""

import base64
import decimal
import math
import numbers
import os

from . import proxies

METRICS_MAX = 200
ARTIFACTS_MAX = 64
ARTIFACT_BYTES_MAX = 32 << 10
ARTIFACTS_BYTES_MAX = 192 << 10
KEYS = ("combined_score", "score")


class NoScore(ValueError):
    """A result without a score; the message says what was found and what is expected."""


def exact(value):
    """A number as the host takes it: a decimal text of an integer, or a double."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int):
        return {"i": hex(value)}
    return {"f": float(value)}


def is_number(value):
    return isinstance(value, numbers.Real)


def is_finite(value):
    return isinstance(value, int) or math.isfinite(value)


def parts(returned):
    """Metrics and artifacts of what was returned, in the forms of the engines."""
    if isinstance(returned, proxies.ProgramObject):
        raise NoScore(f"it returned {proxies.ProgramObject.__repr__(returned)}, which is no data; expected a number, or a dictionary with one")
    returned = plain(returned)
    metrics, artifacts = returned, {}
    if hasattr(returned, "metrics") and hasattr(returned, "artifacts"):
        metrics, artifacts = returned.metrics, returned.artifacts or {}
    elif isinstance(returned, tuple) and len(returned) == 2 and is_number(returned[0]):
        metrics, artifacts = {"score": returned[0]}, returned[1] if isinstance(returned[1], dict) else {"info": returned[1]}
    elif hasattr(returned, "value") and is_number(getattr(returned, "value")):
        metrics = {"score": returned.value}
        artifacts = {name: getattr(returned, name) for name in ("explanation", "feedback", "metadata") if getattr(returned, name, None)}
    if is_number(metrics):
        if not is_finite(metrics):
            raise NoScore(f"it returned {metrics!r}; expected a finite number")
        metrics = {"score": metrics}
    if not isinstance(metrics, dict):
        expected = "a number, or a dictionary with a number under \"combined_score\" or \"score\""
        raise NoScore(f"it returned {shown(returned)}; expected {expected}")
    metrics = {name: plain(value) for name, value in metrics.items()}
    for name in ("metrics", "scores"):
        inner = metrics.get(name)
        if isinstance(inner, dict) and isinstance(inner.get("scores"), list):
            inner = {str(one.get("metric")): one.get("score") for one in inner["scores"] if isinstance(one, dict)}
        if isinstance(inner, dict):
            del metrics[name]
            metrics = {**inner, **metrics}
    inner = metrics.pop("artifacts", None)
    if isinstance(inner, dict):
        artifacts = {**inner, **dict(artifacts)}
    return metrics, dict(artifacts)


def shown(value):
    text = repr(value)
    kind = f"{type(value).__name__} "
    return kind + (text if len(text) <= 80 else text[:77] + "...") if value is not None else "None"


def score_of(metrics, key, notes):
    """The score: under the key that the task names, under a common one, or the mean of the numbers."""
    for name in (key,) if key else KEYS:
        if name in metrics:
            value = metrics[name]
            if not is_number(value):
                raise NoScore(f"its key {name!r} is {shown(value)}; expected a number")
            if not is_finite(value):
                raise NoScore(f"its key {name!r} is {value!r}; expected a finite number")
            return exact(value)
    if key:
        raise NoScore(f"it has no key {key!r}, which scorer.key names; its keys: {', '.join(map(str, metrics)) or 'none'}")
    found = {name: value for name, value in metrics.items() if is_number(value) and name != "error"}
    if not found:
        nested = next((name for name, value in metrics.items() if isinstance(value, dict)), None)
        hint = f"; its key {nested!r} is a dictionary, and only numbers at the top count" if nested is not None else ""
        raise NoScore(f"no number is in it{hint}; return a number, or a dictionary with \"combined_score\"")
    for name, value in found.items():
        if not is_finite(value):
            raise NoScore(f"its key {name!r} is {value!r}, and there is no \"combined_score\"; expected finite numbers")
    notes.append(f"score is the mean of {', '.join(map(str, list(found)[:20]))}, as there is no combined_score and no score")
    return {"mean": [exact(value) for value in found.values()]}


def average(metrics):
    """The number that thresholds of a cascade are compared with."""
    value = metrics.get("combined_score")
    if is_number(value):
        return value
    found = [value for name, value in metrics.items() if is_number(value) and name != "error" and is_finite(value)]
    return sum(found) / len(found) if found else 0.0


def flat(metrics, prefix=""):
    """Metrics by dotted names; what is no number is an artifact."""
    for name, value in metrics.items():
        full = f"{prefix}{name}"
        if isinstance(value, dict) and len(full) < 200:
            yield from flat(value, full + ".")
        else:
            yield full, value


def report(returned, key, notes):
    """The result for the host. Raises `NoScore`."""
    metrics, artifacts = parts(returned)
    score = score_of(metrics, key, notes)
    numbers_found, more = [], {}
    for name, value in flat(metrics):
        if is_number(value) and is_finite(value):
            numbers_found.append([name[:200], exact(value)])
        else:
            more[name] = value if isinstance(value, (str, bytes)) else repr(value)
    if len(numbers_found) > METRICS_MAX:
        notes.append(f"{len(numbers_found)} metrics, of which the first {METRICS_MAX} are kept")
    artifacts = {**more, **artifacts}
    return {"score": score, "metrics": numbers_found[:METRICS_MAX], "artifacts": bounded(artifacts, notes), "notes": notes}


def bounded(artifacts, notes):
    """Artifacts as texts and bytes within their limits, with a note for each that is cut."""
    kept, left = [], ARTIFACTS_BYTES_MAX
    if len(artifacts) > ARTIFACTS_MAX:
        notes.append(f"{len(artifacts)} artifacts, of which the first {ARTIFACTS_MAX} are kept")
    for name, value in list(artifacts.items())[:ARTIFACTS_MAX]:
        binary = isinstance(value, (bytes, bytearray))
        data = bytes(value) if binary else (value if isinstance(value, str) else text(value)).encode("utf-8", "backslashreplace")
        room = min(ARTIFACT_BYTES_MAX, left)
        if len(data) > room:
            notes.append(f"artifact {name}: {len(data)} bytes, of which the first {room} are kept")
            data = data[:room]
        left -= len(data)
        body = {"bytes": base64.b64encode(data).decode("ascii")} if binary else {"text": data.decode("utf-8", "replace")}
        kept.append([str(name)[:200], body])
    return kept


def plain(value):
    """A number of numpy, an array of a single one, or a decimal, as Python's own number; any other value as it is."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def text(value):
    import json

    try:
        return json.dumps(value, ensure_ascii=False, default=readable)
    except (TypeError, ValueError):
        return repr(value)


def readable(value):
    """What stands for a value that JSON has not."""
    import dataclasses

    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else repr(value)
