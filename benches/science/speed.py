"""Compares speeds of numpy in the science runtime with native numpy, by processor time, one thread each.

usage: speed.py HYPERSPACE NATIVE_PYTHON [NAME...]

Each operation runs in a process of its own, as often as takes at least half a second. The difference of the processor times of the process with and without
repetitions is the operation's; the median of three is shown. Fuel is that of the guest for one operation.
"""
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile

SETUP = """import sys
import numpy as np
r = np.random.default_rng(1)
a, b = r.normal(size=(200, 200)), r.normal(size=(200, 200))
a4, b4 = a.astype('f4'), b.astype('f4')
x, y = r.uniform(0.1, 3, 1_000_000), r.uniform(0.1, 3, 1_000_000)
x4, y4 = x.astype('f4'), y.astype('f4')
i = r.integers(0, 1 << 40, 1_000_000)
s, z = r.normal(size=1 << 16), r.normal(size=10)
for _ in range(int(sys.argv[1])):
    """
OPERATIONS = {
    "matmul 200 f8": "a @ b",
    "matmul 200 f4": "a4 @ b4",
    "solve 200": "np.linalg.solve(a, b[0])",
    "inv 200": "np.linalg.inv(a)",
    "svd 200": "np.linalg.svd(a)",
    "eigh 200": "np.linalg.eigh(a + a.T)",
    "sort 1e6 f8": "np.sort(x)",
    "sort 1e6 i8": "np.sort(i)",
    "argsort 1e6 f8": "np.argsort(x)",
    "unique 1e6 i8": "np.unique(i)",
    "x + y 1e6 f8": "x + y",
    "x * y 1e6 f4": "x4 * y4",
    "sum 1e6 f8": "x.sum()",
    "cumsum 1e6 f8": "np.cumsum(x)",
    "where 1e6 f8": "np.where(x > 1, x, y)",
    "exp 1e6 f8": "np.exp(x)",
    "log 1e6 f8": "np.log(x)",
    "tanh 1e6 f8": "np.tanh(x)",
    "pow 1e6 f8": "x ** y",
    "sin 1e6 f8": "np.sin(x)",
    "sqrt 1e6 f8": "np.sqrt(x)",
    "fft 2**16": "np.fft.fft(s)",
    "normal 1e6": "r.normal(size=1_000_000)",
    "random 1e6": "r.random(1_000_000)",
    "small arrays, 1e4 times": "[z + 1 for _ in range(10_000)]",
    "norm of pairs, 1e3 times": "[np.linalg.norm(z[:2] - z[2:4]) for _ in range(1_000)]",
}


def spent(command):
    """Seconds of processor time of a process, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def measured(command):
    """Seconds of one operation, and its fuel, by the difference between many and none."""
    none, times = min(spent(command(0))[0] for _ in range(3)), 2
    while times < 5000 and spent(command(times))[0] - none < 0.5:
        times *= 3
    found = []
    for _ in range(3):
        (none, first), (many, last) = spent(command(0)), spent(command(times))
        found.append((many - none) / times)
    fuel = [json.loads(text)["fuel"] for text in (first, last)] if first.startswith("{") else [0, 0]
    return statistics.median(found), (fuel[1] - fuel[0]) / times


def main(hyperspace, python, *names):
    ratios = []
    print("| operation | native ms | guest ms | ratio | fuel, million | ns per unit |\n|---|---|---|---|---|---|")
    for name in names or OPERATIONS:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program.py")
            with open(path, "w") as file:
                file.write(SETUP + OPERATIONS[name] + "\n")
            native, _ = measured(lambda times: [python, path, str(times)])
            guest, fuel = measured(lambda times: [hyperspace, "exec", "--json", "--runtime", "science", "--fuel", "1e13", "--memory-bytes", "1GiB", path, str(times)])
        ratios.append(guest / native)
        print(f"| {name} | {native * 1e3:.3g} | {guest * 1e3:.3g} | {ratios[-1]:.2f} | {fuel / 1e6:.3g} | {guest * 1e9 / fuel:.2f} |", flush=True)
    print(f"geometric mean of {len(ratios)}: {math.exp(statistics.mean(map(math.log, ratios))):.2f}")


main(*sys.argv[1:])
