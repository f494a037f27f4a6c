"""The names that evaluators of OpenEvolve import."""
