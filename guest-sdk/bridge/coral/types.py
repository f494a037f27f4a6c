"""The types that graders of CORAL import."""

from dataclasses import dataclass, field

from coral.grader import ScoreBundle

__all__ = ["Score", "ScoreBundle", "Task"]


@dataclass
class Score:
    """One score."""

    value: float = 0.0
    name: str = "score"
    explanation: str = ""


@dataclass
class Task:
    """The task of a grader."""

    id: str = ""
    name: str = ""
    description: str = ""
    metadata: dict = field(default_factory=dict)
