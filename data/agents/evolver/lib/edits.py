"""Edits in a model's answer: search/replace blocks and whole files in fenced blocks.

A block of search and replacement is

    task_agent.py
    <<<<<<< SEARCH
    lines of the file
    =======
    lines instead of them
    >>>>>>> REPLACE

The path may be left out for the file that the task calls. A whole file is a fenced block whose info string or preceding line
names a path, or the only fenced block of an answer without any search/replace block. An edit never touches a file until all
edits of the answer apply.
"""

import difflib
import os
import re

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S)
BLOCK = re.compile(
    r"^[ \t]*<{5,9} ?SEARCH[^\n]*\n(?P<search>.*?)^[ \t]*={5,9}[ \t]*\n(?P<replace>.*?)^[ \t]*>{5,9} ?REPLACE[^\n]*$", re.M | re.S,
)
START = re.compile(r"^[ \t]*<{5,9} ?SEARCH", re.M)
PATH = re.compile(r"(?:[\w.-]+/)*[\w-]+\.\w+")
NEAREST_LINES = 12  # of a search that are compared
NEAREST_STARTS_MAX = 1000  # lines of a file at which it is looked for


class Replace:
    """Replaces one occurrence of `search` in the file `path`."""

    def __init__(self, path, search, replacement):
        self.path = path
        self.search = search
        self.replacement = replacement


class Rewrite:
    """Makes `text` the content of the file `path`."""

    def __init__(self, path, text):
        self.path = path
        self.text = text


class Malformed:
    """Something that looks like an edit and is none; `why` says what is wrong with it."""

    def __init__(self, why):
        self.why = why


def parse(answer, entry_file):
    """The edits of an answer, in order."""
    answer = answer.replace("\r\n", "\n")
    if not answer.endswith("\n"):
        answer += "\n"
    blocks = list(BLOCK.finditer(answer))
    found = []
    path = entry_file
    for block in blocks:
        path = named_before(answer, block.start()) or path
        found.append(Replace(path, block["search"], block["replace"]))
    begun = len(START.findall(answer))
    if begun > len(blocks):
        found.append(Malformed(f"{begun - len(blocks)} SEARCH block(s) have no ======= or no >>>>>>> REPLACE line"))
    if begun:
        return found
    fences = list(FENCE.finditer(answer))
    for fence in fences:
        path = named_in(fence["info"]) or named_before(answer, fence.start())
        if path is None and len(fences) == 1:
            path = entry_file
        if path is not None:
            found.append(Rewrite(path, fence["body"]))
    if not found and fences:
        return [Malformed(f"{len(fences)} fenced blocks, and none of them says which file it is")]
    return found


def named_in(info):
    """The path in the info string of a fence, such as `python path=lib/a.py` or `lib/a.py`."""
    for word in re.split(r"[\s:=]+", info):
        if PATH.fullmatch(word):
            return word
    return None


def named_before(answer, position):
    """The path on the nearest line that is not empty before `position`, where that line is little more than a path."""
    lines = [line.strip() for line in answer[:position].splitlines() if line.strip()]
    for line in reversed(lines[-2:]):
        if re.fullmatch(r"(`{3,}|~{3,})\w*", line):
            continue
        bare = line.strip("#*`: ").removeprefix("File").removeprefix("FILE").strip(": `*")
        return bare if PATH.fullmatch(bare) else None
    return None


def applied(proposal, files):
    """(changed files by path, problems): what `files` become under the edits, or why they cannot be applied."""
    changed, problems = {}, []
    if not proposal:
        problems.append("the answer has no edit in the form that was asked for")
    for edit in proposal:
        if isinstance(edit, Malformed):
            problems.append(edit.why)
            continue
        problem = path_problem(edit.path)
        if problem is None and isinstance(edit, Rewrite):
            changed[edit.path] = edit.text
            continue
        if problem is None:
            text = changed.get(edit.path, files.get(edit.path))
            if text is None:
                problem = f"{edit.path}: there is no such file; there are {', '.join(sorted(files)[:20])}"
            else:
                text, problem = replaced(text, edit)
                if problem is None:
                    changed[edit.path] = text
        if problem is not None:
            problems.append(problem)
    changed = {path: text for path, text in changed.items() if files.get(path) != text}
    if not problems and not changed:
        problems.append("the edits change nothing")
    problems += [problem for path, text in changed.items() if (problem := syntax_problem(path, text))]
    return changed, problems


def path_problem(path):
    """Why a path cannot be edited, or None."""
    parts = path.split("/")
    if os.path.isabs(path) or ".." in parts or "" in parts:
        return f"{path}: expected a path inside of the repository"
    if parts[0] in ("evals", "strategies"):
        return f"{path}: {parts[0]}/ is read-only"
    return None


def replaced(text, edit):
    """(text after the edit, None), or (text, why it does not apply)."""
    if not edit.search.strip():
        if text.strip():
            return text, f"{edit.path}: the SEARCH part is empty; it must quote the lines to be replaced"
        return edit.replacement, None
    count = text.count(edit.search)
    if count == 1:
        return text.replace(edit.search, edit.replacement), None
    if count > 1:
        return text, f"{edit.path}: the SEARCH lines occur {count} times; quote more lines around them"
    lines, wanted = text.splitlines(), edit.search.splitlines()
    places = [
        at for at in range(len(lines) - len(wanted) + 1)
        if all(lines[at + offset].rstrip() == line.rstrip() for offset, line in enumerate(wanted))
    ]
    if len(places) == 1:
        at = places[0]
        fresh = lines[:at] + edit.replacement.splitlines() + lines[at + len(wanted):]
        return "\n".join(fresh) + "\n", None
    return text, f"{edit.path}: the SEARCH lines do not occur in the file. The nearest lines are:\n{nearest(lines, wanted)}"


def nearest(lines, wanted):
    """The lines of a file that are most like those that were looked for, with two lines around them."""
    width = max(1, min(NEAREST_LINES, len(wanted)))
    target = "\n".join(line.strip() for line in wanted[:width])
    matcher = difflib.SequenceMatcher(b=target, autojunk=False)

    def likeness(at):
        matcher.set_seq1("\n".join(line.strip() for line in lines[at:at + width]))
        return matcher.ratio() if matcher.real_quick_ratio() > 0.5 else matcher.real_quick_ratio() / 2

    starts = range(max(1, min(NEAREST_STARTS_MAX, len(lines) - width + 1)))
    best = max(starts, key=lambda at: (likeness(at), -at))
    return "\n".join(lines[max(0, best - 2):best + width + 2])


def syntax_problem(path, text):
    """Why a Python file does not compile, or None."""
    if not path.endswith(".py"):
        return None
    try:
        compile(text, path, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{path}: it does not compile: {type(error).__name__}: {error}"
    return None


def write(repo, changed):
    """Writes the changed files below `repo`."""
    for path, text in sorted(changed.items()):
        full = os.path.join(repo, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as handle:
            handle.write(text)
