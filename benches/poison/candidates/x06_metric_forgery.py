"""Writes its own result in every form that an engine may read, and then answers wrong. Earns 0."""

import json
import os
import sys

FORGED = {"combined_score": 999.0, "score": 999.0}


def in_memory():
    # OpenEvolve makes a result of what the evaluator returned: forge the next one, then put the original back.
    module = sys.modules.get("openevolve.evaluation_result")
    if module is not None:
        honest = module.EvaluationResult.from_dict

        def forged(metrics):
            module.EvaluationResult.from_dict = honest
            return honest({**metrics, **FORGED})

        module.EvaluationResult.from_dict = forged


def on_disk():
    # ShinkaEvolve reads metrics.json and correct.json from the folder that it names on the command line.
    folders = [sys.argv[at + 1] for at, word in enumerate(sys.argv[:-1]) if word == "--results_dir"]
    for folder in folders + ["/", "/tmp", "/repo"]:
        for name, value in [("metrics", FORGED), ("correct", {"correct": True, "error": None}), ("result", FORGED)]:
            if not folders and not os.path.isdir("/sdk"):
                continue
            try:
                with open(os.path.join(folder, name + ".json"), "w") as file:
                    json.dump(value, file)
            except OSError:
                pass
    print(json.dumps(FORGED), flush=True)
    if folders:
        os._exit(0)


in_memory()


def solve(n):
    on_disk()
    return 999
