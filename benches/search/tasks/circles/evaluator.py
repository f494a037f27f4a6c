"""Adds the radii of seven circles in the unit square; a packing in which circles overlap or leave the square is worth 0."""

import importlib.util
import math

COUNT = 7


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def valid(circles):
    if len(circles) != COUNT:
        return False
    if not all(r >= 0.0 and r <= x <= 1.0 - r and r <= y <= 1.0 - r for x, y, r in circles):
        return False
    return all(
        math.hypot(x - u, y - v) >= r + s
        for index, (x, y, r) in enumerate(circles) for u, v, s in circles[:index]
    )


def evaluate(program_path):
    circles = [tuple(float(number) for number in circle) for circle in load(program_path).pack()]
    return {"combined_score": sum(r for _, _, r in circles) if valid(circles) else 0.0}
