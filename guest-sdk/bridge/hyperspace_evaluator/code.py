"""Whose code a text is: the task's own may run in the evaluator's guest, any other may not.

The program's text can reach `exec`, `eval` and `compile` in many ways: whole, in parts, changed, or as an answer of the program. So
what counts is not where a text came from but whether it stands in the task's files as something whole: a file, a string of its code,
an entry of its data, or lines of statements. A part of a line is not enough, since a program that knows the evaluator could name
what it wants to have. The program that evolution starts from is no file of the task in this sense, so that every candidate is treated as
that one is. Texts that a library makes for itself are its own, and an expression without names computes nothing but a value.
"""

import ast
import builtins
import json
import os
import re
import sys
import textwrap

from . import bridge

_exec, _compile, _eval = builtins.exec, builtins.compile, builtins.eval
settings = {"shared": False, "task": "/task", "file": ""}
SEED = "seed"  # the folder of the task with the program that evolution starts from
own = {"texts": None, "strings": None}

TEXT_BYTES_MAX = 4 << 20
RUNNERS = {"code", "codeop", "timeit", "doctest", "runpy", "trace", "pdb", "bdb", "cProfile", "profile"}
PLAIN_NODES = (
    ast.Expression, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Load,
)
REFUSED = (
    "the evaluator runs a text with {what}() that is not in the task's files, so it may be the program's, which would run among the "
    "evaluator's own objects; load the program's file as a module, or set separation = \"shared\" in [scorer] of task.toml"
)


TIMED = {"pass", "_setup()", "_stmt()"}  # what `timeit` writes for nothing, and for functions


class ForeignCode:
    """Compiled code that may be the program's: it says that the text compiles, and cannot be run here."""

    def __init__(self, code):
        self._code = code

    def __getattr__(self, name):
        return getattr(self._code, name)


def texts():
    """The texts of the task's files by their paths, read once: without the first program, and copies of its files."""
    if own["texts"] is None:
        found, seed = {}, os.path.join(settings["task"], SEED) + "/"
        for folder, _, names in sorted(os.walk(settings["task"])):
            for name in sorted(names):
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as stream:
                        found[path] = stream.read(TEXT_BYTES_MAX).decode("utf-8-sig").replace("\r\n", "\n")
                except (OSError, UnicodeDecodeError):
                    continue
        seeds = {text.strip() for path, text in found.items() if path.startswith(seed)}
        evaluator = os.path.join(settings["task"], settings["file"])
        own["texts"] = {path: text for path, text in found.items() if path == evaluator or text.strip() not in seeds}
    return own["texts"]


def strings():
    """The strings that the task's Python files write out, without space around them."""
    if own["strings"] is None:
        own["strings"] = found = set()
        for path, text in texts().items():
            if not path.endswith(".py"):
                continue
            try:
                tree = _compile(text, path, "exec", ast.PyCF_ONLY_AST, True)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
            found.update(value.strip().replace("\r\n", "\n") for value in constants if isinstance(value, str))
    return own["strings"]


def stands_in_data(text):
    """Whether a text is a whole entry of a data file: between quotes, separators or the ends of its line."""
    written = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms = "|".join(re.escape(form) for form in sorted(written))
    entry = re.compile(f"(?:^|[\"',;|\t])[ ]*(?:{forms})[ ]*(?:$|[\"',;|\t])", re.MULTILINE)
    return any(entry.search(one) for path, one in texts().items() if not path.endswith(".py"))


def stands_in_lines(text):
    """Whether a text is statements that are whole lines of a file, as `inspect.getsource` gives them."""
    if is_expression(text):
        return False
    lines = re.compile(f"^[ \t]*{re.escape(text)}[ \t]*$", re.MULTILINE)
    return any(lines.search(one) for one in texts().values())


def is_expression(text):
    """Whether a text is an expression."""
    try:
        _compile(text, "<text>", "eval", ast.PyCF_ONLY_AST, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def is_plain(text):
    """Whether a text is an expression of values alone."""
    try:
        tree = _compile(text.strip(), "<text>", "eval", ast.PyCF_ONLY_AST, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, PLAIN_NODES) for node in ast.walk(tree))


def is_own(source, frame):
    """Whether a source, run by `frame`, is the task's or a library's."""
    caller = frame.f_code.co_filename
    if frame.f_globals.get("__name__") not in RUNNERS:
        if not caller.startswith(("/task/", "/packages/", "<")) or caller.startswith("<frozen "):
            return True
        if caller.startswith("/packages/") and not bridge.state.get("loaded") and not bridge.state.get("processes"):
            return True
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = bytes(source).decode("utf-8", "replace")
    if not isinstance(source, str):
        return False
    if frame.f_globals.get("__name__") == "timeit" and source == frame.f_locals.get("src"):
        return all(isinstance(part, str) and (part in TIMED or is_own_text(textwrap.dedent(f"    {part}"))) for part in map(frame.f_locals.get, ("setup", "stmt")))
    return is_own_text(source)


def is_own_text(source):
    """Whether a text stands in the task's files as something whole, or computes nothing but a value."""
    text = source.strip().replace("\r\n", "\n")
    if is_plain(text) or text in strings() or any(text == one.strip() for one in texts().values()):
        return True
    return stands_in_data(text) or stands_in_lines(text)


def check(source, what, frame):
    """Refuse a source that may be the program's, or note that it runs here where the task allows it."""
    if type(source) is type(check.__code__) or is_own(source, frame):
        return
    if not settings["shared"]:
        raise PermissionError(REFUSED.format(what=what))
    bridge.state["mixed"] = True


def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **more):
    code = _compile(source, filename, mode, flags, True, optimize, **more)
    if flags & ast.PyCF_ONLY_AST or is_own(source, sys._getframe(1)):
        return code
    if settings["shared"]:
        bridge.state["mixed"] = True
        return code
    return ForeignCode(code)


def _spaces(frame, spaces):
    """Globals and locals as the caller gave them, or its own."""
    if spaces and spaces[0] is not None:
        return spaces
    here = frame.f_globals if frame.f_code.co_name == "<module>" else dict(frame.f_locals)
    return (frame.f_globals, *(spaces[1:] or (here,)))


def exec(source, globals=None, locals=None, /, **more):
    frame = sys._getframe(1)
    check(source, "exec", frame)
    spaces = (globals,) if locals is None else (globals, locals)
    return _exec(source, *_spaces(frame, spaces), **more)


def eval(source, globals=None, locals=None, /):
    frame = sys._getframe(1)
    check(source, "eval", frame)
    spaces = (globals,) if locals is None else (globals, locals)
    return _eval(source, *_spaces(frame, spaces))


def install(shared, task="/task", file=""):
    """Guard `exec`, `eval` and `compile`. `file` is the evaluator's in the task's folder."""
    settings.update(shared=shared, task=task, file=file)
    builtins.exec, builtins.eval, builtins.compile = exec, eval, compile
