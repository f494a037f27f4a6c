"""Path patterns, as in the file tools of agents."""

from __future__ import annotations

import posixpath
import re
from typing import Callable

_ALTERNATIVES_MAX = 256


def _expanded(pattern: str) -> list[str]:
    """Returns the patterns for which a pattern with `{a,b}` stands. One that stands for too many is taken literally."""
    found, waiting = [], [pattern]
    while waiting:
        each = waiting.pop()
        braces = re.search(r"\{([^{}]*,[^{}]*)\}", each)
        if braces is None:
            found.append(each)
        else:
            waiting += [each[: braces.start()] + choice + each[braces.end() :] for choice in braces[1].split(",")]
        if len(found) + len(waiting) > _ALTERNATIVES_MAX:
            return [pattern]
    return found


def _segment(text: str) -> str:
    """Returns the expression for a name without slashes. Wildcards do not match the leading dot of a hidden file."""
    made, at = "" if text.startswith(".") else r"(?!\.)", 0
    while at < len(text):
        letter = text[at]
        end = text.find("]", at + 2) if letter == "[" else -1
        if letter == "*":
            made += "[^/]*"
        elif letter == "?":
            made += "[^/]"
        elif end > 0:
            inside = text[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            made += f"[^/{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]"
            at = end
        else:
            made += re.escape(letter)
        at += 1
    return made


def _expression(pattern: str) -> str:
    made = ""
    segments = pattern.split("/")
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        if segment == "**":
            made += r"(?:(?!\.)[^/]+/)*" + (r"(?!\.)[^/]+" if is_last else "")
        else:
            made += _segment(segment) + ("" if is_last else "/")
    return made


def matcher(pattern: str, base: str) -> Callable[[str], bool]:
    """Returns a function that tells whether an absolute path matches a pattern.

    `**` stands for any number of folders, `*` and `?` for letters within a name, and `{a,b}` for either. A pattern without a slash
    applies to names at any depth, one that begins with a slash to absolute paths, and any other to paths below `base`.
    """
    try:
        wanted = [(each, re.compile(_expression(each.lstrip("/")))) for each in _expanded(pattern)]
    except re.error:
        return lambda path: posixpath.basename(path) == pattern

    def matches(path: str) -> bool:
        below = posixpath.basename(path) if path == base else path.removeprefix(base.rstrip("/") + "/")
        for each, expression in wanted:
            asked = path.lstrip("/") if each.startswith("/") else below if "/" in each else posixpath.basename(path)
            if expression.fullmatch(asked):
                return True
        return False

    return matches
