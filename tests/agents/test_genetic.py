"""The genetic meta agent: same input, same files; always valid, different and inside its scope.

    python3 -m unittest discover -s tests/agents
"""

import ast
import json
import os
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import evaluators
import simulate

GENETIC = simulate.read_tree(simulate.GENETIC)

FIRST_FIT = '''"""First fit."""


def score(item, capacity, index):
    """Larger is better."""
    left = capacity - item
    return 0.0 * left - 1.0 * index


def priority(item, bins):
    """One score per bin."""
    return [score(item, capacity, index) for index, capacity in enumerate(bins)]
'''

WEIRD = {
    "class": '''"""An agent in a class."""
import dataclasses


@dataclasses.dataclass
class Agent:
    weight: float = 0.5

    def answer(self, value: float, *rest, limit=3, **named) -> float:
        total = self.weight * value
        with open("/dev/null") as sink:
            del sink
        try:
            total /= limit
        except ZeroDivisionError as error:
            raise ValueError(str(error)) from None
        finally:
            total += 1
        return total


def priority(item, bins):
    return [Agent().answer(room - item) for room in bins]
''',
    "async": '''import asyncio


async def wait(value):
    async with asyncio.timeout(5):
        return [part async for part in stream(value)]


async def stream(value):
    for k in range(3):
        await asyncio.sleep(0)
        yield value + k


async def priority(item, bins):
    return await wait(item)
''',
    "empty function": "def priority(item, bins):\n    pass\n",
    "only text": '"""Nothing but this text."""\n',
    "empty file": "",
    "syntax error": "def priority(item, bins)\n    return [\n",
    "null byte": "x = 1\0\n",
    "match and lambda": '''def priority(item, bins):
    key = lambda room, *, bonus=1: room - item + bonus
    match bins:
        case [single]:
            return [single]
        case [first, *rest] if (count := len(rest)) > 1:
            return [key(first) * count] + [key(room) for room in rest]
        case _:
            return [f"{room:>{item}}" and 0.0 for room in bins]
''',
    "endless": "def priority(item, bins):\n    while True:\n        item = item + 1\n",
    "deep": "def priority(item, bins):\n    return " + "(" * 60 + "item" + " + 1)" * 60 + "\n",
    "future": '"""Text."""\nfrom __future__ import annotations\n\n\ndef priority(item, bins):\n    return [0.0 * item for room in bins]\n',
    "raises": "def priority(item, bins):\n    raise SystemExit(3)\n",
    "prints": "def priority(item, bins):\n    print('x' * 100)\n    return [0.0 for room in bins]\n",
}


def argument(repo, seed, task=None, score=5.7):
    """What the engine hands to improve."""
    task = task or evaluators.BinPacking
    names = ("name", "direction", "entry", "description", "examples")
    return {
        "generation": 3,
        "candidate": 1,
        "seed": seed,
        "repo": repo,
        "task": json.loads(json.dumps({name: getattr(task, name) for name in names})),
        "parent": {"generation": 2, "candidate": 0, "score": score},
    }


class Room:
    """A folder with the agent's tree, and whatever else a test puts there."""

    def __init__(self, source=FIRST_FIT, extra=None):
        self.tree = {**GENETIC, "task_agent.py": source, **(extra or {})}

    def improve(self, seed, **changes):
        """(tree after, summary) of one call in a fresh folder."""
        repo = tempfile.mkdtemp(prefix="genetic-")
        try:
            simulate.write_tree(self.tree, repo)
            arg = argument(repo, seed)
            arg.update(changes)
            summary = simulate.improve_in_place(repo, arg)
            json.dumps(summary, allow_nan=False)
            return simulate.read_tree(repo), summary
        finally:
            shutil.rmtree(repo)


def strategies(name, score, source, meta=GENETIC["meta_agent.py"]):
    """Files of one archive member."""
    folder = f"strategies/{name}"
    metadata = json.dumps({"score": score, "generation": 1, "candidate": 0})
    return {f"{folder}/task_agent.py": source, f"{folder}/meta_agent.py": meta, f"{folder}/metadata.json": metadata}


BEST_FIT = "def priority(item, bins):\n    return [item - capacity for capacity in bins]\n"


class Genetic(unittest.TestCase):
    """What the engine may rely on."""

    def check(self, before, after):
        """The child compiles, is new, and nothing outside of the edit scope was touched."""
        source = after["task_agent.py"]
        compile(source, "task_agent.py", "exec")
        compile(after["meta_agent.py"], "meta_agent.py", "exec")
        self.assertNotEqual(source, before["task_agent.py"])
        for path in set(before) | set(after):
            if path not in ("task_agent.py", "meta_agent.py") and not path.startswith("lib/"):
                self.assertEqual(before.get(path), after.get(path), path)
        return source

    def test_equal_arguments_make_equal_trees(self):
        room = Room(extra={**strategies("a_gen1_0", 5.1, BEST_FIT), **strategies("b_gen2_0", 5.5, FIRST_FIT)})
        for seed in range(25):
            self.assertEqual(room.improve(seed), room.improve(seed))

    def test_seeds_make_different_children(self):
        room = Room()
        children = {room.improve(seed)[0]["task_agent.py"] for seed in range(40)}
        self.assertGreater(len(children), 35)

    def test_a_thousand_children_stay_valid_and_bounded(self):
        for seed in range(1000):
            if seed % 25 == 0:
                room = Room()
            after, _summary = room.improve(seed)
            source = self.check(room.tree, after)
            tree = ast.parse(source)
            self.assertEqual(ast.get_docstring(tree), "First fit.")
            self.assertLess(sum(isinstance(node, (ast.expr, ast.stmt)) for node in ast.walk(tree)), 500)
            self.assertFalse([node for node in ast.walk(tree) if isinstance(node, ast.While)])
            for node in ast.walk(tree):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    self.assertLessEqual(abs(ast.literal_eval(node.right)), 4)
            room.tree = after

    def test_children_run_on_the_examples(self):
        room = Room()
        for seed in range(100):
            after, summary = room.improve(seed)
            if summary["tries"] < 25:
                priority = evaluators.load(after["task_agent.py"], "priority")
                for item, bins in ((42, [60, 51, 150]), (100, [150])):
                    self.assertEqual(len(priority(item, bins)), len(bins))

    def test_weird_agents_get_valid_children(self):
        for name, source in WEIRD.items():
            for seed in range(25):
                with self.subTest(agent=name, seed=seed):
                    room = Room(source)
                    self.check(room.tree, room.improve(seed)[0])

    def test_missing_information_is_no_hindrance(self):
        room = Room()
        for change in ({"task": {}}, {"parent": {}}, {"task": {"examples": None, "entry": None}}, {"task": {"examples": ["x", "priority(", "open(1)", "f(*a)", 3, None, {}]}}):
            for seed in range(10):
                self.check(room.tree, room.improve(seed, **change)[0])

    def test_broken_strategies_and_reports_are_ignored(self):
        extra = {
            **strategies("bad_gen1_0", "high", "def (", "PARAMETERS = {"),
            **strategies("odd_gen1_1", None, "\0", "PARAMETERS = open('x')"),
            **strategies("rude_gen1_2", float("nan"), "x = 1\n", "PARAMETERS = {'weights': 7, 'again': 'yes', 'attempts': 1e999}"),
            **strategies("deep_gen1_3", 0.1, "(" * 5000, "(" * 5000),
            "strategies/stray.txt": "not a folder",
            "strategies/empty_gen1_4/metadata.json": "[1, 2",
            "evals/gen_1_0/report.json": "{",
            "evals/gen_2_0/report.json": '{"score": "low", "generation": [], "candidate": null}',
            "evals/notes": "",
        }
        room = Room(extra=extra)
        for seed in range(60):
            self.check(room.tree, room.improve(seed)[0])

    def test_a_broken_parent_is_replaced_by_a_member(self):
        room = Room("def (", strategies("a_gen1_0", 5.1, BEST_FIT))
        for seed in range(10):
            after, summary = room.improve(seed)
            self.assertEqual(summary["adopted"], "a_gen1_0")
            evaluators.load(after["task_agent.py"], "priority")

    def test_crossover_takes_from_members(self):
        donor = FIRST_FIT.replace("0.0 * left", "31.25 * left")
        room = Room(extra=strategies("a_gen1_0", 4.0, donor))
        taken = [seed for seed in range(120) if "31.25" in room.improve(seed)[0]["task_agent.py"]]
        self.assertGreater(len(taken), 3)

    def test_self_modification_is_bounded_and_runs(self):
        room = Room()
        changed = 0
        for seed in range(150):
            after, summary = room.improve(seed)
            self.assertEqual(summary["self_changed"], after["meta_agent.py"] != room.tree["meta_agent.py"])
            changed += summary["self_changed"]
            room.tree["meta_agent.py"] = after["meta_agent.py"]
        self.assertGreater(changed, 10)
        tree = ast.parse(room.tree["meta_agent.py"])
        self.assertEqual(ast.get_docstring(tree), ast.get_docstring(ast.parse(GENETIC["meta_agent.py"])))
        literal = next(node.value for node in tree.body if isinstance(node, ast.Assign))
        parameters = ast.literal_eval(literal)
        self.assertTrue(10 <= parameters["attempts"] <= 40)
        self.assertTrue(all(0.1 <= weight <= 10.0 for weight in parameters["weights"].values()))

    def test_absurd_parameters_are_brought_into_bounds(self):
        extra = dict(GENETIC)
        extra["meta_agent.py"] = GENETIC["meta_agent.py"].replace('"attempts": 25', '"attempts": 10**9').replace('"again": 0.35', '"again": 7')
        room = Room(extra=extra)
        for seed in range(10):
            _after, summary = room.improve(seed)
            self.assertLessEqual(summary["tries"], 40)

    def test_circle_and_cap_tasks_get_valid_children(self):
        source = "import math\n\nSTEP = 0.2\n\n\ndef pack():\n    return [[STEP * k % 1.0, 0.5, math.sqrt(0.0)] for k in range(26)]\n"
        room = Room(source)
        for seed in range(50):
            arg = argument("", seed, evaluators.CirclePacking)
            self.check(room.tree, room.improve(seed, task=arg["task"])[0])


class BestFit(unittest.TestCase):
    """The best-fit agent."""

    def test_fullest_bin_wins(self):
        path = os.path.join(simulate.ROOT, "data", "agents", "best-fit", "task_agent.py")
        with open(path, encoding="utf-8") as handle:
            priority = evaluators.load(handle.read(), "priority")
        values = priority(40, [60, 45, 90, 45, 150])
        self.assertEqual(values.index(max(values)), 1)

    def test_packing_counts_bins(self):
        best_fit = evaluators.load(BEST_FIT, "priority")
        self.assertEqual(evaluators.pack_bins(best_fit, [100, 60, 50, 90], 150), 2)
        self.assertEqual(evaluators.pack_bins(best_fit, [100, 60, 90, 50], 150), 2)
        self.assertEqual(evaluators.pack_bins(best_fit, [76, 76, 76], 150), 3)


class CapSets(unittest.TestCase):
    """The simulator's own scorers, against values that are known."""

    def test_constant_priority_takes_two_to_the_n(self):
        for n in (2, 4, 6):
            self.assertEqual(evaluators.CapSet(n).score("def priority(element, n):\n    return 0.0\n", "train"), 2**n)

    def test_junk_has_no_score(self):
        self.assertIsNone(evaluators.CapSet(2).score("def priority(element, n):\n    return True\n", "train"))
        self.assertIsNone(evaluators.CirclePacking().score("def pack():\n    return [[0.5, 0.5, 0.1]] * 26\n", "train"))


if __name__ == "__main__":
    unittest.main()
