"""Records the values of a file of expressions with the numpy and scipy of this interpreter, on 64-bit Linux:
`python record.py expressions.txt >values.json`, `python record.py scipy.txt >scipy.json`.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare
import numpy as np

assert np.__version__ == "2.4.6" and sys.maxsize == 2**63 - 1, "the values are those of numpy 2.4.6 on a 64-bit machine"
source = pathlib.Path(__file__).parent / sys.argv[1]
if source.name == "scipy.txt":
    import scipy

    assert scipy.__version__ == "1.18.1", "the values are those of scipy 1.18.1"
sections = []
for line in source.read_text().splitlines():
    if re.fullmatch(r"\[[a-z ]+ [0-9.e-]+\]", line):
        name, _, tolerance = line[1:-1].rpartition(" ")
        sections.append({"name": name, "tolerance": float(tolerance), "checks": []})
    elif ";;" not in line and re.match(r"import |def |\w+ = ", line):
        sections[-1].setdefault("prelude", []).append(line)
    elif line and not line.startswith("#"):
        old = np.geterr()
        sections[-1]["checks"].append([line, compare.of(line, sections[-1].get("prelude", ()))])
        np.seterr(**old)
json.dump(sections, sys.stdout, indent=0, ensure_ascii=True, allow_nan=False)
print()
