"""Counts the right modules of a pipeline: 4 places, 5 modules each. The score tells how many are right, not which."""

import importlib.util

RIGHT = ["parquet", "clip", "heap-sort", "html"]


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluate(program_path):
    names = load(program_path).configure()
    right = sum(name == wanted for name, wanted in zip(names, RIGHT))
    return {"combined_score": right / len(RIGHT)}
