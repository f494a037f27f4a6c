"""`EvaluationResult`, under the name that SkyDiscover has for it."""

from openevolve.evaluation_result import EvaluationResult

__all__ = ["EvaluationResult"]
