"""Runs a batch through hyperspace: `eval`, a process per candidate, or `evolve`, the whole batch as one generation."""

import argparse
import json
import pathlib
import shutil
import subprocess

TASK = """\
[task]
name = "poison"
title = "n * n + 1"
description = "solve(n) returns n * n + 1."
direction = "maximize"
[entry]
module = "task_agent"
function = "solve"
[scorer]
kind = "rows"
metric = "exact"
[limits]
fuel = 2_000_000_000
[splits.train]
file = "train.jsonl"
[splits.held-out]
file = "held_out.jsonl"
"""
META = """\
import os


def improve(job):
    names = sorted(os.listdir("lib"))
    with open("lib/" + names[job["candidate"]]) as file:
        text = file.read()
    with open("task_agent.py", "w") as file:
        file.write(text)
"""


def call(binary, stage, *words):
    command = [binary, *words, "--json", "--store", str(stage / "store")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 15):
        raise SystemExit(f"{words[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def evaluate(binary, stage, task, order):
    for name in order:
        agent = stage / "agents" / name
        agent.mkdir(parents=True)
        shutil.copy(stage / "candidates" / f"{name}.py", agent / "task_agent.py")
        made = call(binary, stage, "eval", "--task", str(task), "--agent", str(agent), "--split", "train")
        yield name, made["score"], made["outcome"]


def evolve(binary, stage, task, order):
    agent = stage / "agent"
    (agent / "lib").mkdir(parents=True)
    (agent / "meta_agent.py").write_text(META)
    shutil.copy(stage / "seed.py", agent / "task_agent.py")
    for position, name in enumerate(order):
        shutil.copy(stage / "candidates" / f"{name}.py", agent / "lib" / f"c{position:03}.py")
    words = ["--task", str(task), "--agent", str(agent), "--generations", "1", "--candidates", str(len(order))]
    call(binary, stage, "evolve", *words)
    for event in call(binary, stage, "log", "--events")["events"]:
        body = event["body"]
        if event["kind"] == "candidate.evaluated" and body["generation"] == 1 and body["split"] == "train":
            score = body["score"]
            if score is not None:
                above, _, below = score.partition("/")
                score = int(above) / int(below or 1)
            yield order[body["candidate"]], score, body["outcome"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stage", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--way", choices=["eval", "evolve"], required=True)
    given = parser.parse_args()

    stage = pathlib.Path(given.stage)
    task = stage / "task"
    task.mkdir()
    (task / "task.toml").write_text(TASK)
    cases = json.loads((stage / "cases.json").read_text())
    for file, rows in [("train.jsonl", cases), ("held_out.jsonl", [[30, 901], [31, 962]])]:
        lines = (json.dumps({"input": [number], "expected": expected}) for number, expected in rows)
        (task / file).write_text("".join(line + "\n" for line in lines))
    order = json.loads((stage / "order.json").read_text())
    way = {"eval": evaluate, "evolve": evolve}[given.way]
    with open(given.out, "w") as out:
        for name, score, outcome in way(given.binary, stage, task, order):
            print(json.dumps({"name": name, "score": score, "detail": outcome}), file=out, flush=True)


if __name__ == "__main__":
    main()
