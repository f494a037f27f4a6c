"""The names that evaluators of ShinkaEvolve import."""
