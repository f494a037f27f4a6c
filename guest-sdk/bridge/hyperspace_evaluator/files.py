"""Files below /tmp whose names the evaluator hands to the program: the program gets a copy, and what it changes comes back.

Only what lies at or below a path that was handed over comes back; as all in /tmp, it counts as the program's. A path that the program
has told first is none of the evaluator's: otherwise a program could have itself be given, or let it change, what the evaluator keeps for itself.
"""

import os
import re

from . import bridge, imports

BYTES_MAX = 5_000_000
LISTED_MAX = 100  # paths of a list
PATH_MAX = 4096
TOLD_MAX = 10_000
INSIDE = re.compile(r"/tmp/[^\s\"'`<>|,;:()\[\]{}\\]+")  # a path in a text
# Files that both guests have with the same content; whether the program has told a way out of a folder.
state = {"guest": -1, "known": {}, "is_out_told": False}
results = set()  # files that the evaluator alone writes, as what is in them is its verdict
handed, told = set(), set()  # paths that the evaluator has named to the program; paths that the program has told before


def named(args, kwargs):
    """The paths below /tmp among the arguments of a call, or in a list of them."""
    found = []
    for value in (*args, *kwargs.values()) if kwargs else args:
        kind = type(value)
        if kind is list:
            found.extend(one for one in map(_given, value[:LISTED_MAX]) if one is not None)
        elif kind is not int and kind is not float and (one := _given(value)) is not None:
            found.append(one)
    if found:
        found = [path for path in found if not _is_told(path)]
        handed.update(found)
    return found


def _given(value):
    """The path below /tmp that an argument is; None for one that leaves a folder in a way that the program may have told."""
    path = _path(value)
    return None if path is not None and state["is_out_told"] and ".." in os.fspath(value).split("/") else path


def beside(path):
    """The Python files beside one that is loaded, or in the package that it begins."""
    folder, name = os.path.split(path)
    if name != "__init__.py":
        return [os.path.join(folder, other) for other in sorted(os.listdir(folder)) if other.endswith(".py") and other != name][:LISTED_MAX]
    found = [os.path.join(at, other) for at, _, names in os.walk(folder) for other in sorted(names) if other.endswith(".py")]
    return [other for other in found if other != path][:LISTED_MAX]


def _is_told(path):
    """Whether the program has told a path, or one above it, or so many that nobody keeps them."""
    if _is_handed(path):
        return False
    above = path
    while len(above) > len(imports.SCRATCH):
        if above in told:
            return True
        above = os.path.dirname(above)
    return len(told) >= TOLD_MAX


def _is_handed(path):
    """Whether the evaluator has named a path to the program, or both guests have this file."""
    return path in handed or path in state["known"]


def note(answer):
    """Note paths in an answer of the program: whole texts, and what a text has among other words."""
    for text in _texts(answer):
        state["is_out_told"] = state["is_out_told"] or ".." in text
        for one in (text, *(found.rstrip(".!?") for found in INSIDE.findall(text))):
            path = _path(one)
            if path is not None and not _is_handed(path) and len(told) < TOLD_MAX:
                told.add(path)


def mention(request):
    """Note paths that a request of the evaluator names, wherever: the program does not tell them first."""
    for text in _texts(request):
        path = _path(text)
        if path is not None and len(handed) < TOLD_MAX and not _is_told(path):
            handed.add(path)


def _texts(value):
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if type(one) is list:
            ahead.extend(one)
        elif type(one) is dict:
            ahead.extend(one)
            ahead.extend(one.values())
        elif type(one) is str:
            yield one


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
    try:
        changes = change(changes)
    except (OSError, ValueError):
        raise bridge.nonsense() from None
    for path, content in changes:
        state["known"].pop(path, None) if content is None else state["known"].update({path: content})
    return answer[1]


def change(changes):
    """Write files that the program has changed; those without content are removed, and first, as a folder may be in the place of a file, or a file
    in that of a folder. Returns those that count: a verdict that the program has written is none."""
    changes = [one for one in changes if not _is_verdict(one[0])]
    for path, content in sorted(changes, key=lambda one: one[1] is not None):
        if content is None:
            if os.path.isfile(path):
                os.remove(path)
            continue
        if os.path.isdir(path):
            for folder, _, _ in list(os.walk(path, topdown=False)):
                os.rmdir(folder)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with imports._open(path, "wb") as stream:
            stream.write(content)
    return changes


def _is_verdict(path):
    """Whether this is a file of results, or something in its place; the result of the evaluation says that it was left out."""
    found = next((own for own in results if path == own or path.startswith(own + "/")), None)
    if found is not None:
        bridge.left_out.setdefault(f"{found}, which the program wrote: results are the evaluator's to write")
    return found is not None


def _is_change(change, paths):
    """Whether this is a path at or below those that were handed over, with its content."""
    if type(change) is not list or len(change) != 2 or type(change[0]) is not str or type(change[1]) not in (bytes, type(None)):
        return False
    path = change[0]
    return path == os.path.normpath(path) and any(path == own or path.startswith(own + "/") for own in paths)


bridge.state.update(note=note, mention=mention)
