"""`TaskGrader`: a class whose method `evaluate` returns the score."""

import os
import subprocess
import sys
from dataclasses import dataclass, field

__all__ = ["ScoreBundle", "TaskGrader"]


@dataclass
class ScoreBundle:
    """A score with what is to be said about it."""

    value: float = 0.0
    explanation: str = ""
    feedback: str = ""
    metadata: dict = field(default_factory=dict)


class TaskGrader:
    """The base of graders. `codebase_path` is the folder of the program, `private_dir` that of the task."""

    def __init__(self, codebase_path="/repo", private_dir="/task", args=None, timeout=None):
        self.codebase_path, self.private_dir = codebase_path, private_dir
        self.args, self.timeout = dict(args or {}), timeout

    def evaluate(self):
        raise NotImplementedError("a grader defines evaluate()")

    def get_python_command(self):
        """The command that runs a program."""
        return [sys.executable]

    def run_program(self, name, *arguments, timeout=None, **more):
        """Run a file of the program as a command."""
        path = os.path.join(self.codebase_path, name)
        limit = timeout or self.timeout
        return subprocess.run([sys.executable, path, *map(str, arguments)], capture_output=True, text=True, timeout=limit, **more)

    def score(self, value, explanation="", feedback=""):
        return ScoreBundle(value, explanation, feedback)

    def fail(self, explanation="", feedback=""):
        raise RuntimeError(explanation or feedback or "the grader gives no score")
