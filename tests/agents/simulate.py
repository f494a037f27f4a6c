"""Offline simulator of the outer loop: archive, generations of candidates, parent selection, gates.

    python3 simulate.py TASK [--seeds 1,2,3] [--generations 60] [--candidates 8] [--agent FOLDER] [--jobs 2]

A stand-in for the engine with native python, for tuning the genetic operators; the figures of record come
from the engine. Parents are drawn as score-child-prop draws them: a sigmoid of the score against the mean of
the best three, times a penalty for many children. A child enters when it is better than its parent on train
and not worse on held-out.
"""

import argparse
import importlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evaluators

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENETIC = os.path.join(ROOT, "data", "agents", "genetic")


class Entry:
    """A member of the archive."""

    def __init__(self, tree, score, held_out, generation, candidate, parent):
        self.tree = tree
        self.score = score
        self.held_out = held_out
        self.generation = generation
        self.candidate = candidate
        self.parent = parent
        self.children = 0

    @property
    def name(self):
        return f"gen_{self.generation}_{self.candidate}"


def read_tree(folder):
    """All files of a folder, by relative path."""
    tree = {}
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = os.path.join(base, name)
            with open(path, encoding="utf-8") as handle:
                tree[os.path.relpath(path, folder)] = handle.read()
    return tree


def write_tree(tree, folder):
    """Writes files by relative path."""
    for path, text in tree.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as handle:
            handle.write(text)


LOADED = {}


def meta_agent(repo):
    """The meta agent of a tree, imported with modules of its own; equal code is imported once."""
    tree = read_tree(os.path.join(repo, "lib"))
    with open(os.path.join(repo, "meta_agent.py"), encoding="utf-8") as handle:
        key = (handle.read(), *sorted(tree.items()))
    if key not in LOADED:
        for name in [name for name in sys.modules if name == "meta_agent" or name == "lib" or name.startswith("lib.")]:
            del sys.modules[name]
        sys.path.insert(0, repo)
        try:
            importlib.invalidate_caches()
            LOADED[key] = importlib.import_module("meta_agent")
        finally:
            sys.path.remove(repo)
    return LOADED[key]


def improve_in_place(repo, arg):
    """Runs the tree's own meta agent in this process; returns its summary."""
    return meta_agent(repo).improve(arg)


class Run:
    """One simulated run."""

    def __init__(self, task, seed, agent, seed_source, candidates, gate="parent"):
        self.task = task
        self.rng = random.Random(f"run/{seed}")
        self.seed = seed
        self.candidates = candidates
        self.gate = gate
        tree = read_tree(agent)
        tree["task_agent.py"] = seed_source
        score = task.score(seed_source, "train")
        self.archive = [Entry(tree, score, task.score(seed_source, "held_out"), 0, 0, None)]
        self.cache = {}
        self.counts = {"same": 0, "failed": 0, "equal": 0, "worse": 0, "gate": 0, "in": 0}
        self.won = {}
        self.improve_s = 0.0

    def better(self, first, second):
        return first < second if self.task.direction == "minimize" else first > second

    def ranked(self):
        sign = 1 if self.task.direction == "minimize" else -1
        return sorted(self.archive, key=lambda entry: (sign * entry.score, entry.generation, entry.candidate))

    def select(self):
        """score-child-prop over the task's fitness."""
        zero, one = self.task.fitness
        top = [(entry.score - zero) / (one - zero) for entry in self.ranked()[:3]]
        middle = sum(top) / len(top)
        weights = []
        for entry in self.archive:
            power = max(-700.0, min(700.0, -10.0 * ((entry.score - zero) / (one - zero) - middle)))
            weights.append(math.exp(-((entry.children / 8) ** 3)) / (1.0 + math.exp(power)))
        if sum(weights) <= 0.0:
            return self.rng.choice(self.archive)
        return self.rng.choices(self.archive, weights)[0]

    def mount(self, parent, repo):
        """The view of the meta agent: own tree, lineage's evaluations, best members."""
        write_tree(parent.tree, repo)
        lineage = []
        entry = parent
        while entry is not None and len(lineage) < 8:
            lineage.append(entry)
            entry = entry.parent
        for entry in lineage:
            report = {"score": entry.score, "outcome": "completed", "generation": entry.generation, "candidate": entry.candidate}
            write_tree({f"evals/{entry.name}/report.json": json.dumps(report)}, repo)
        for entry in self.ranked()[:8]:
            folder = f"strategies/genetic_gen{entry.generation}_{entry.candidate}"
            files = {f"{folder}/{name}": entry.tree[name] for name in ("task_agent.py", "meta_agent.py")}
            metadata = {"score": entry.score, "generation": entry.generation, "candidate": entry.candidate}
            files[f"{folder}/metadata.json"] = json.dumps(metadata)
            write_tree(files, repo)

    def offspring(self, parent, generation, candidate):
        """(tree, summary) of a child."""
        repo = tempfile.mkdtemp(prefix="simulate-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        try:
            self.mount(parent, repo)
            task = {key: getattr(self.task, key) for key in ("name", "direction", "entry", "description", "examples")}
            arg = {
                "generation": generation,
                "candidate": candidate,
                "seed": self.rng.getrandbits(48),
                "repo": repo,
                "task": json.loads(json.dumps(task)),
                "parent": {"generation": parent.generation, "candidate": parent.candidate, "score": parent.score},
            }
            start = time.process_time()
            summary = evaluators.guarded(improve_in_place, repo, arg)
            self.improve_s += time.process_time() - start
            for name in ("evals", "strategies"):
                shutil.rmtree(os.path.join(repo, name), ignore_errors=True)
            return read_tree(repo), summary
        finally:
            shutil.rmtree(repo, ignore_errors=True)

    def candidate(self, generation, place):
        """Makes, evaluates and perhaps admits one candidate; the archive changes at the end of the generation."""
        parent = self.select()
        parent.children += 1
        tree, summary = self.offspring(parent, generation, place)
        source = tree.get("task_agent.py", "")
        if summary is None or source == parent.tree["task_agent.py"]:
            self.counts["same"] += 1
            return None
        if source not in self.cache:
            self.cache[source] = self.task.score(source, "train", parent.score)
        score = self.cache[source]
        if score is None:
            self.counts["failed"] += 1
            return None
        bar = self.ranked()[0].score if self.gate == "best" else parent.score
        if not self.better(score, bar):
            self.counts["equal" if score == parent.score else "worse"] += 1
            return None
        held_out = self.task.score(source, "held_out")
        if held_out is None or self.better(parent.held_out, held_out):
            self.counts["gate"] += 1
            return None
        self.counts["in"] += 1
        for name in set(summary["operators"]):
            self.won[name] = self.won.get(name, 0) + 1
        return Entry(tree, score, held_out, generation, place, parent)

    def generations(self, count, report=None):
        for generation in range(1, count + 1):
            fresh = [self.candidate(generation, place) for place in range(self.candidates)]
            self.archive.extend(entry for entry in fresh if entry is not None)
            if report and generation % report == 0:
                best = self.ranked()[0]
                print(f"  seed {self.seed} gen {generation}: {best.score:.4f} held {best.held_out:.4f} {self.counts}", flush=True)
        return self.ranked()[0]


def seed_file(task):
    """The seed task agent of a bundled task."""
    return os.path.join(ROOT, "data", "tasks", task, "seed", "task_agent.py")


def one(options, seed):
    """Runs one seed and prints its line."""
    task = evaluators.TASKS[options.task]()
    with open(options.seed_file or seed_file(options.task), encoding="utf-8") as handle:
        source = handle.read()
    start = time.time()
    run = Run(task, seed, options.agent, source, options.candidates, options.gate)
    best = run.generations(options.generations, options.report)
    first = run.archive[0]
    gain = 100.0 * (best.score / first.score - 1.0)
    print(
        f"{options.task} seed {seed}: {first.score:.4f} -> {best.score:.4f} ({gain:+.1f} %), "
        f"held-out {first.held_out:.4f} -> {best.held_out:.4f}, gen {best.generation}, {run.counts}, "
        f"{time.time() - start:.0f} s, improve {1000 * run.improve_s / (options.generations * options.candidates):.1f} ms"
    )
    print("   ", dict(sorted(run.won.items(), key=lambda row: -row[1])), flush=True)
    if options.show:
        print(best.tree["task_agent.py"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task", choices=sorted(evaluators.TASKS))
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--generations", type=int, default=60)
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--agent", default=GENETIC)
    parser.add_argument("--seed-file")
    parser.add_argument("--gate", choices=("parent", "best"), default="parent")
    parser.add_argument("--report", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    seeds = [int(part) for part in options.seeds.split(",")]
    if options.jobs <= 1:
        for seed in seeds:
            one(options, seed)
        return
    waiting = list(seeds)
    running = []
    while waiting or running:
        while waiting and len(running) < options.jobs:
            command = [sys.executable, *sys.argv, "--seeds", str(waiting.pop(0)), "--jobs", "1"]
            running.append(subprocess.Popen(command))
        running.pop(0).wait()


if __name__ == "__main__":
    main()
