"""Scores a program. It runs in a guest of its own: the program is in another one, and only data come back from it."""

import importlib.util
import random


def evaluate(program_path, seed=0):
    # Any way of loading the file works; what comes back is a proxy of the program.
    spec = importlib.util.spec_from_file_location("program", program_path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)

    numbers = random.Random(seed)
    xs = [numbers.uniform(-2, 2) for _ in range(50)]
    errors = []
    for x in xs:
        # Check what the program returns: an exception that leaves this function says where.
        y = float(program.solve(x))
        errors.append(abs(y - (x ** 3 - x)))

    error = sum(errors) / len(errors)
    worst = max(zip(errors, xs))
    return {
        "combined_score": 1 / (1 + error),
        "error": error,
        "artifacts": {"worst": f"at x = {worst[1]:.3f} the error is {worst[0]:.3f}"},
    }
