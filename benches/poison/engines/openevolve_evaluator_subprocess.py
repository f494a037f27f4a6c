"""An evaluator for OpenEvolve that starts a process per candidate and kills it when its time is over.

This is how OpenEvolve's larger examples do it. It is a little stricter than they are: expected values never enter the
child, and what the child leaves is JSON, which is only data, not pickle.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CASES = json.loads((HERE / "cases.json").read_text())
TIME_LIMIT = float(os.environ["POISON_TIME_LIMIT"])


def evaluate(program_path):
    with tempfile.TemporaryDirectory() as folder:
        answers = pathlib.Path(folder) / "answers.json"
        command = [sys.executable, str(HERE / "openevolve_child.py"), program_path, str(answers)]
        command.append(json.dumps([number for number, _ in CASES]))
        try:
            subprocess.run(command, timeout=0.8 * TIME_LIMIT, check=True, capture_output=True)
            values = json.loads(answers.read_text())
        except subprocess.TimeoutExpired:
            return {"combined_score": 0.0, "error": "timeout"}
        except (subprocess.CalledProcessError, OSError, ValueError) as error:
            return {"combined_score": 0.0, "error": type(error).__name__}
    right = sum(type(value) is int and value == expected for value, (_, expected) in zip(values, CASES))
    return {"combined_score": right / len(CASES)}
