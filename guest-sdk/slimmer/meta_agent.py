"""Lists reductions of a program for a slimming attempt of the engine. It edits nothing itself."""

from hyperspace_reductions import reductions


def improve(job):
    """Returns the reductions of `job["source"]`, at most `job["most"]` of them, those that take most out first."""
    return reductions(job["source"])[: job["most"]]
