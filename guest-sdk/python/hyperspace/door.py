"""One request, one answer: JSON frames through the built-in module `_hyperspace`."""

import json

import _hyperspace

from hyperspace.errors import Exhausted, Failed, Invalid, from_answer

REQUEST_MAX = 1 << 20  # bytes of a request frame; the host refuses longer ones


def call(op, /, **params):
    """Ask the host to do `op` with `params` and return its value.

    Raises `Denied`, `Invalid`, `Exhausted` or `Failed`, all of them `HyperspaceError`. Parameters must be strict JSON.
    """
    try:
        text = json.dumps({"op": op, "params": params}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        frame = text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise Invalid(f"{op}: the parameters are not JSON: {error}") from None
    if len(frame) > REQUEST_MAX:
        raise Exhausted(f"{op}: a request of {len(frame)} bytes is longer than {REQUEST_MAX}")
    try:
        answer = json.loads(_hyperspace.send(frame))
    except OSError as error:
        raise Failed(f"{op}: {error.strerror}") from error
    if "error" in answer:
        raise from_answer(answer["error"])
    return answer["ok"]


def log(message, /, **fields):
    """Write one line to the run's log; `fields` follow it as JSON."""
    text = str(message)
    if fields:
        text += " " + json.dumps(fields, ensure_ascii=False, default=repr)
    call("log", text=text)
