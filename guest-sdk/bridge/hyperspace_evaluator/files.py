"""Files below /tmp whose names the evaluator hands to the program: the program gets a copy, and what it changes comes back.

Only what lies at or below a path that was handed over comes back; as all in /tmp, it counts as the program's.
"""

import os

from . import bridge, imports

BYTES_MAX = 5_000_000
state = {"guest": -1, "known": {}}  # files that both guests have with the same content


def named(args, kwargs):
    """The paths below /tmp among the arguments of a call, or in a list of them."""
    found = []
    for value in (*args, *kwargs.values()):
        for one in value if type(value) is list and len(value) < 100 else (value,):
            if isinstance(one, os.PathLike):
                one = os.fspath(one)
            if type(one) is str and one.startswith(imports.SCRATCH + "/") and "\0" not in one:
                found.append(os.path.normpath(one))
    return found


def request_with(paths, request):
    """The request, with the files at these paths."""
    if state["guest"] != bridge.state["guest"] or bridge.state.get("prepared"):
        state.update(guest=bridge.state["guest"], known={})
    sent, total = [], 0
    for path, content in _contents(paths):
        total += len(content or b"")
        if total > BYTES_MAX:
            raise OSError(28, f"the files of which the program is told the names have more than {BYTES_MAX} bytes")
        if state["known"].get(path) != content or content is None:
            state["known"][path] = content
            sent.append([path, content])
    return ["with", bridge.wire.Encoder().encode(sent), paths, request]


def _contents(paths):
    """Files with their contents, and folders that have to be there with None."""
    for path in paths:
        if not os.path.isdir(path):
            yield os.path.dirname(path), None
            if os.path.isfile(path):
                yield path, _read(path)
            continue
        for folder, _, names in os.walk(path):
            yield folder, None
            for name in sorted(names):
                yield os.path.join(folder, name), _read(os.path.join(folder, name))


def _read(path):
    with imports._open(path, "rb") as stream:
        return stream.read()


def answer_of(answer, paths):
    """The answer to such a request, after the files that the program has changed were written here."""
    if answer[0] != "w":
        return answer
    if len(answer) != 3 or type(answer[1]) is not list or not answer[1]:
        raise bridge.nonsense()
    changes = bridge.decoded(answer[2])
    if type(changes) is not list or not all(_is_change(change, paths) for change in changes):
        raise bridge.nonsense()
    for path, content in changes:
        if content is None:
            state["known"].pop(path, None)
            if os.path.isfile(path):
                os.remove(path)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with imports._open(path, "wb") as stream:
            stream.write(content)
        state["known"][path] = content
    return answer[1]


def _is_change(change, paths):
    """Whether this is a path at or below those that were handed over, with its content."""
    if type(change) is not list or len(change) != 2 or type(change[0]) is not str or type(change[1]) not in (bytes, type(None)):
        return False
    path = change[0]
    return path == os.path.normpath(path) and any(path == own or path.startswith(own + "/") for own in paths)
