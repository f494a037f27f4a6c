"""Everything the prompt is made of: the task, the program, its lineage's results, and the best members.

Other agents and the engine wrote these files. What is missing, broken or too long is left out, never an error.
"""

import csv
import json
import os

FILE_BYTES_MAX = 200_000  # of one file of a tree
MEMBERS_MAX = 3
WRONG_CASES_MAX = 12
CELL_CHARACTERS_MAX = 400
SKIPPED = ("evals", "strategies", "__pycache__")


class Member:
    """A published member: its name, its files and its training score (None where scores are hidden)."""

    def __init__(self, name, files, score, model=None):
        self.name = name
        self.files = files
        self.score = score
        self.model = model


class Facts:
    """The situation of one child."""

    def __init__(self, job):
        self.job = job
        self.repo = job.get("repo") or "/repo"
        self.task = job.get("task") or {}
        entry = self.task.get("entry") or {}
        self.module = entry.get("module") or "task_agent"
        self.function = entry.get("function") or "forward"
        self.files = tree(self.repo)
        self.entry_file = entry.get("file") or entry_file(self.files, self.module)
        self.entry_source = self.files.get(self.entry_file, "")
        self.parent_score = number((job.get("parent") or {}).get("score"))
        self.scores = lineage_scores(self.repo)
        self.wrong_cases = wrong_cases(self.repo)
        own = (lineage(self.repo), job.get("model"))
        self.members = members(self.repo, self.task.get("direction", "maximize"), *own)
        self.attempts = [item for item in job.get("attempts") or [] if isinstance(item, dict)]
        self.feedback = job.get("feedback") or []


def read(job):
    """The situation that `job` describes."""
    return Facts(job)


def entry_file(files, module):
    """The path of the module that the task calls."""
    path = module.replace(".", "/")
    package = f"{path}/__init__.py"
    return package if package in files and f"{path}.py" not in files else f"{path}.py"


def tree(root):
    """Text files below `root` by relative path, without evaluations, strategies and byte code."""
    found = {}
    for base, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            path = os.path.join(base, name)
            text = text_of(path)
            if text is not None:
                found[os.path.relpath(path, root)] = text
    return found


def members(repo, direction, ancestors=(), model=None):
    """The best published members, best first, without `ancestors`: the lineage has them, in the population of `model`."""
    folder = os.path.join(repo, "strategies")
    found = []
    for name in listed(folder):
        files = tree(os.path.join(folder, name))
        about = object_of(os.path.join(folder, name, "metadata.json"))
        files.pop("metadata.json", None)
        if (about.get("generation"), about.get("candidate")) in ancestors and about.get("model") in (None, model):
            continue
        if files:
            found.append(Member(name, files, number(about.get("score")), about.get("model")))
    worst = float("inf") if direction == "minimize" else float("-inf")
    found.sort(key=lambda member: member.name)
    found.sort(key=lambda member: worst if member.score is None else member.score, reverse=direction != "minimize")
    return found[:MEMBERS_MAX]


def lineage(repo):
    """Generation and number of each known member of the lineage."""
    folder = os.path.join(repo, "evals")
    reports = (object_of(os.path.join(folder, name, "report.json")) for name in listed(folder))
    return {(report.get("generation"), report.get("candidate")) for report in reports if report}


def lineage_scores(repo):
    """Training scores of the lineage, oldest first; None where there is none."""
    rows = []
    folder = os.path.join(repo, "evals")
    for name in listed(folder):
        report = object_of(os.path.join(folder, name, "report.json"))
        if report:
            order = (number(report.get("generation")) or 0, number(report.get("candidate")) or 0)
            rows.append((order, number(report.get("score"))))
    return [score for _, score in sorted(rows, key=lambda row: row[0])]


def wrong_cases(repo):
    """Training cases that the parent answered wrong or not at all, as far as they are visible: a list of dictionaries."""
    folder = os.path.join(repo, "evals")
    ordered = sorted(listed(folder), key=lambda name: [part.zfill(9) for part in name.split("_")])
    for name in reversed(ordered):
        text = text_of(os.path.join(folder, name, "eval_train", "predictions.csv"))
        if text is None:
            continue
        rows = list(csv.DictReader(text.splitlines()))
        wrong = [row for row in rows if is_wrong(row)]
        return [{key: clipped(value) for key, value in row.items() if key} for row in wrong[:WRONG_CASES_MAX]]
    return []


def is_wrong(row):
    """Returns whether a row of predictions was not answered right; rows that do not tell are left out."""
    outcome = row.get("outcome")
    if outcome not in (None, "", "scored"):
        return True
    score = number_of_text(row.get("score"))
    return score is not None and score == 0


def clipped(text):
    """A cell without its middle, where it is long."""
    text = str(text or "")
    if len(text) <= CELL_CHARACTERS_MAX:
        return text
    half = CELL_CHARACTERS_MAX // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"


def listed(folder):
    """Names in a folder, sorted."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def text_of(path):
    """The text of a file, or None for what is no text or too long."""
    try:
        with open(path, encoding="utf-8") as handle:
            text = handle.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError):
        return None
    return text if len(text) <= FILE_BYTES_MAX else None


def object_of(path):
    """The object in a JSON file, or an empty one."""
    try:
        value = json.loads(text_of(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def number(value):
    """A finite number, or None."""
    return value if type(value) in (int, float) and value == value and abs(value) != float("inf") else None


def number_of_text(text):
    """The finite number in a text such as "0.5" or "1/2", or None."""
    try:
        above, _, below = str(text).partition("/")
        return number(float(above) / float(below or 1))
    except (ValueError, ZeroDivisionError):
        return None
