"""The child of `openevolve_evaluator_subprocess.py`: calls the candidate and writes its answers."""

import importlib.util
import json
import sys

program_path, answers, numbers = sys.argv[1:4]
spec = importlib.util.spec_from_file_location("candidate", program_path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
values = [module.solve(number) for number in json.loads(numbers)]
with open(answers, "w") as file:
    json.dump(values, file)
