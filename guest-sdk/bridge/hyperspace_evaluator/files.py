"""Files below /tmp whose names the evaluator hands to the program: the program gets a copy, and what it changes comes back.

Only what lies at or below a path that was handed over comes back; as all in /tmp, it counts as the program's. A path that the program
has told first is none of the evaluator's: otherwise a program could have itself be given, or let it change, what the evaluator keeps for itself.
"""

import os

from . import bridge, imports

BYTES_MAX = 5_000_000
LISTED_MAX = 100  # paths of a list
PATH_MAX = 4096
TOLD_MAX = 10_000
state = {"guest": -1, "known": {}}  # files that both guests have with the same content
handed, told = set(), set()  # paths of the evaluator that it has handed over; paths that the program has told


def named(args, kwargs):
    """The paths below /tmp among the arguments of a call, or in a list of them."""
    found = []
    for value in (*args, *kwargs.values()) if kwargs else args:
        kind = type(value)
        if kind is list:
            found.extend(one for one in map(_path, value[:LISTED_MAX]) if one is not None)
        elif kind is not int and kind is not float and (one := _path(value)) is not None:
            found.append(one)
    if found:
        found = [path for path in found if not _is_told(path)]
        handed.update(found)
    return found


def beside(path):
    """The Python files beside one that is loaded, or in the package that it begins."""
    folder, name = os.path.split(path)
    if name != "__init__.py":
        return [os.path.join(folder, other) for other in sorted(os.listdir(folder)) if other.endswith(".py") and other != name][:LISTED_MAX]
    found = [os.path.join(at, other) for at, _, names in os.walk(folder) for other in sorted(names) if other.endswith(".py")]
    return [other for other in found if other != path][:LISTED_MAX]


def _is_told(path):
    """Whether the program has told a path, or one above it, or so many that nobody keeps them."""
    if path in handed:
        return False
    above = path
    while len(above) > len(imports.SCRATCH):
        if above in told:
            return True
        above = os.path.dirname(above)
    return len(told) >= TOLD_MAX


def note(answer):
    """Note paths in an answer of the program."""
    ahead = [answer]
    while ahead and len(told) < TOLD_MAX:
        one = ahead.pop()
        if type(one) is list:
            ahead.extend(one)
        elif type(one) is dict:
            ahead.extend(one)
            ahead.extend(one.values())
        elif type(one) is str and (path := _path(one)) is not None and path not in handed:
            told.add(path)


def _path(value):
    """The path below /tmp that a value is; None for any other value."""
    kind = type(value)
    if kind is not str:
        if not hasattr(kind, "__fspath__"):
            return None
        value = os.fspath(value)
    below = type(value) is str and value.startswith(imports.SCRATCH + "/") and "\0" not in value
    path = os.path.normpath(value) if below and len(value) < PATH_MAX else ""
    return path if path.startswith(imports.SCRATCH + "/") else None


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
