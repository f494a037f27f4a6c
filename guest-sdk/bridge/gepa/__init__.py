"""The names that evaluators of GEPA import."""
