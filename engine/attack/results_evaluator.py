"""The evaluator of task `results`: a command that writes its verdict to a folder, first that the program failed, then what it is worth.

It runs the program as a process, and tells a function of it the folder.
"""

import importlib.util
import json
import os
import subprocess
import sys

ANSWER = "CANARY-LABEL-9"


def verdict(folder, score):
    with open(os.path.join(folder, "metrics.json"), "w") as file:
        json.dump({"combined_score": score}, file)


def answers(path, folder):
    done = subprocess.run([sys.executable, path, folder], capture_output=True, text=True)
    yield done.stdout.strip() if done.returncode == 0 else None
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    yield program.f(folder)


def main(path, folder):
    verdict(folder, 0.0)
    try:
        for answer in answers(path, folder):
            if answer == ANSWER:
                verdict(folder, 1.0)
    except Exception as error:
        print(type(error).__name__)


main(sys.argv[2], sys.argv[4])
