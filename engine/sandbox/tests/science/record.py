"""Records the values of expressions.txt with the numpy of this interpreter: `python record.py >values.json`, on 64-bit Linux."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare
import numpy as np

assert np.__version__ == "2.4.6" and sys.maxsize == 2**63 - 1, "the values are those of numpy 2.4.6 on a 64-bit machine"
sections = []
for line in (pathlib.Path(__file__).parent / "expressions.txt").read_text().splitlines():
    if re.fullmatch(r"\[[a-z ]+ [0-9.e-]+\]", line):
        name, _, tolerance = line[1:-1].rpartition(" ")
        sections.append({"name": name, "tolerance": float(tolerance), "checks": []})
    elif line and not line.startswith("#"):
        old = np.geterr()
        sections[-1]["checks"].append([line, compare.of(line)])
        np.seterr(**old)
json.dump(sections, sys.stdout, indent=0, ensure_ascii=True, allow_nan=False)
print()
