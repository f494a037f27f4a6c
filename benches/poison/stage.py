"""Lays out the folder of one run: candidates with their placeholders filled in, cases, order, evaluators, canaries."""

import json
import pathlib
import shutil

HERE = pathlib.Path(__file__).parent
BATCH = json.loads((HERE / "batch.json").read_text())
CANARY_TEXT = "this file belongs to the host\n"
SEED = '"""The program that every run starts from."""\n\n\ndef solve(n):\n    return -1\n'


def orders():
    """The runs of an engine: everything in one batch, and each hostile candidate among healthy ones only."""
    runs = {"batch": BATCH["order"]}
    before, after = BATCH["alone"]["before"], BATCH["alone"]["after"]
    for name in sorted(BATCH["earned"]):
        if name.startswith("x"):
            runs[name] = [*before, name, *after]
    return runs


def cases():
    return [[number, number * number + 1] for number in range(20)]


def lay_out(folder, order, port):
    """Makes `folder`; the folder `drop` in it is where hostile candidates try to leave something."""
    folder = pathlib.Path(folder)
    for name in ("candidates", "drop", "home", "tmp"):
        (folder / name).mkdir(parents=True)
    # Engines run from copies: a candidate that rewrites its evaluator rewrites a copy.
    for path in sorted((HERE / "engines").glob("*.py")):
        shutil.copy(path, folder / path.name)
    for name in order:
        text = (HERE / "candidates" / f"{name}.py").read_text()
        text = text.replace("@DROP@", str(folder / "drop")).replace("@PORT@", str(port))
        (folder / "candidates" / f"{name}.py").write_text(text)
    (folder / "drop" / "canary.txt").write_text(CANARY_TEXT)
    (folder / "seed.py").write_text(SEED)
    (folder / "cases.json").write_text(json.dumps(cases()))
    (folder / "order.json").write_text(json.dumps(order))
    return folder
