"""The names that evaluators of SkyDiscover import."""

from openevolve.evaluation_result import EvaluationResult

__all__ = ["EvaluationResult"]
