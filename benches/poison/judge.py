"""What a run shows: scores against what was earned, and what happened to the host."""

import json
import pathlib

from stage import BATCH, CANARY_TEXT, HERE

TOLERANCE = 1e-9
RESIDENT_MAX = 1 << 30
"""A process that held more did not limit its candidates' memory; no candidate is meant to have as much."""
BYTES_MAX = 32 << 20
"""A run that left more did not limit its candidates' output."""


def scores(folder):
    """The scores of a run by candidate; candidates without a score are there with None or not at all."""
    found = {}
    code = {path.read_text().strip(): path.stem for path in (folder / "candidates").glob("*.py")}
    path = folder / "out.jsonl"
    for line in path.read_text().splitlines() if path.exists() else []:
        row = json.loads(line)
        if "child_code" in row:
            name = code.get(row["child_code"].strip())
            score = row["child_metrics"].get("combined_score")
        else:
            name, score = row["name"], row["score"]
        if name is not None:
            found[name] = score
    return found


def right(name, found):
    score, earned = found.get(name), BATCH["earned"][name]
    return isinstance(score, (int, float)) and abs(score - earned) <= TOLERANCE


def forged(name, found):
    """The score that a hostile candidate got beyond what it earned, if so."""
    score, earned = found.get(name), BATCH["earned"][name] or 0.0
    return score if isinstance(score, (int, float)) and not score <= earned + TOLERANCE else None


def effects(folder, run, connections, canary):
    """What a run did to its host, in words; empty when nothing."""
    drop, found = folder / "drop", []
    written = [path.read_text(errors="replace") for path in sorted(drop.iterdir())]
    if any(canary in text for text in [*written, *logs(folder)]):
        found.append("key read")
    if (drop / "canary.txt").read_text() != CANARY_TEXT or (drop / "written.txt").exists():
        found.append("file written")
    if connections:
        found.append("connected")
    if run["resident"] > RESIDENT_MAX:
        found.append(f"{run['resident'] / (1 << 30):.1f} GiB held")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > BYTES_MAX:
        found.append(f"{size / (1 << 20):.0f} MiB left")
    if any(path.read_bytes() != (folder / path.name).read_bytes() for path in (HERE / "engines").glob("*.py")):
        found.append("evaluator rewritten")
    if run["left"]:
        found.append(f"{run['left']} processes left")
    if run["ended_for"]:
        found.append(f"run ended for {run['ended_for']}")
    return found


def logs(folder):
    """What an engine logged. Large files are read to their first 32 MiB."""
    for path in [folder / "log.txt", *sorted(folder.glob("shinka/*/job_log.*"))]:
        with open(path, errors="replace") as file:
            yield file.read(BYTES_MAX)


def alone(name, found, happened):
    """The verdict on one hostile candidate from the run in which it is the only one."""
    lost = [other for other in BATCH["alone"]["after"] if not right(other, found)]
    score = forged(name, found)
    words = [] if score is None else [f"score {score:g}"]
    words += happened
    if lost:
        words.append(f"{len(lost)} of {len(BATCH['alone']['after'])} after it lost")
    return {
        "contained": not words,
        "forged": score,
        "effects": happened,
        "lost": lost,
        "verdict": ", ".join(words) or "contained",
    }


def batch(found):
    """Healthy candidates of the whole batch: how many were scored right, and what the others got instead."""
    healthy = [name for name in BATCH["order"] if name.startswith("h")]
    wrong = {name: found.get(name) for name in healthy if not right(name, found)}
    return {"healthy": len(healthy), "right": len(healthy) - len(wrong), "wrong": wrong}
