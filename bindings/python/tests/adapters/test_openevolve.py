"""OpenEvolve: its own Evaluator calls the adapter; what cheats there earns nothing here."""

import asyncio
import os
import pickle
import tempfile
import unittest

from attacks import ATTACKS, LOOKS_FOR_THE_ANSWER, REPLACES_THE_SCORER, WRITES_THE_SCORE

import hyperspace as hs
from hyperspace.adapters import openevolve as adapter

SECRET = 91827364


def score(value):
    return {"combined_score": float(value), "distance": abs(SECRET - value)}


def total(values):
    return sum(values)


class Base(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def program(self, code):
        path = os.path.join(self.folder.name, "program.py")
        with open(path, "w") as file:
            file.write(code)
        return path

    def metrics(self, code, **options):
        options = {"timeout": 0.2, "memory": "64MiB", "artifacts": False, "failed": -5.0, **options}
        return adapter.sandboxed("solve", score, **options)(self.program(code))


class Programs(Base):
    def test_data_are_scored_here(self):
        self.assertEqual(self.metrics("def solve(): return 3")["combined_score"], 3.0)
        code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int' = 2\ndef solve(a, b=1): return a * b * A().x"
        made = adapter.sandboxed("solve", total, inputs=[(1,), (2, 3)], artifacts=False)
        self.assertEqual(made(self.program(code)), {"combined_score": 14.0})

    def test_attacks_earn_nothing(self):
        for name, code in {**ATTACKS, "a": REPLACES_THE_SCORER, "b": WRITES_THE_SCORE, "c": LOOKS_FOR_THE_ANSWER}.items():
            with self.subTest(name):
                self.assertLess(self.metrics(code)["combined_score"], 0)
        self.assertEqual(os.listdir(self.folder.name), ["program.py"])
        self.assertEqual(score(3)["combined_score"], 3.0)

    def test_bad_programs_have_the_failed_score(self):
        for code in ["def other(): pass", "def solve(: pass", "", "def solve(): raise ValueError('no')", "def solve(): return 'text'"]:
            self.assertEqual(self.metrics(code), {"combined_score": -5.0})

    def test_bad_requests_are_named(self):
        for make, words in [
            (lambda: adapter.sandboxed("a.b", score), "entry"), (lambda: adapter.sandboxed("solve", 3), "score"),
            (lambda: adapter.sandboxed("solve", score, inputs=[]), "inputs"), (lambda: adapter.sandboxed("solve", score, timeout=0), "timeout"),
            (lambda: adapter.sandboxed("solve", score, failed="x"), "failed"),
            (lambda: adapter.sandboxed("solve", score, inputs=[({1},)])(self.program("")), "JSON"),
            (lambda: adapter.sandboxed("solve", score)("/no/such/file"), "/no/such/file"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                make()
            self.assertIn(words, str(raised.exception))

    def test_it_can_be_pickled(self):
        made = pickle.loads(pickle.dumps(adapter.sandboxed("solve", score, artifacts=False)))
        self.assertEqual(made(self.program("def solve(): return 7"))["combined_score"], 7.0)


class Released(Base):
    """With the released package."""

    def setUp(self):
        try:
            import openevolve
        except ImportError:
            self.skipTest("openevolve is not installed")
        super().setUp()

    def test_its_evaluator_takes_the_result(self):
        from openevolve.config import EvaluatorConfig
        from openevolve.evaluator import Evaluator

        path = self.program(
            "import sys\nsys.path.insert(0, {!r})\nfrom test_openevolve import score\n"
            "from hyperspace.adapters.openevolve import sandboxed\nevaluate = sandboxed('solve', score, timeout=0.2, failed=-5.0)\n".format(
                os.path.dirname(os.path.abspath(__file__))
            )
        )
        evaluator = Evaluator(EvaluatorConfig(cascade_evaluation=False, timeout=60), path)
        good = asyncio.run(evaluator.evaluate_program("def solve():\n    print('hello')\n    return 4", "one"))
        self.assertEqual(good["combined_score"], 4.0)
        bad = asyncio.run(evaluator.evaluate_program(REPLACES_THE_SCORER, "two"))
        self.assertEqual(bad["combined_score"], -1.0)
        over = asyncio.run(evaluator.evaluate_program("def solve():\n    while True: pass", "three"))
        self.assertEqual(over["combined_score"], -5.0)
        artifacts = evaluator.get_pending_artifacts("three") or {}
        self.assertEqual(artifacts.get("outcome", "out-of-fuel"), "out-of-fuel")

    def test_what_works_there_is_contained_here(self):
        from openevolve.config import EvaluatorConfig
        from openevolve.evaluator import Evaluator

        # The usual evaluator imports the candidate and then calls a function of its own module.
        head = "import sys\ndef judge(value): return {'combined_score': float(value)}\n"
        usual = "def evaluate(path):\n    names = {'__name__': 'program'}\n    exec(open(path).read(), names)\n    return judge(names['solve']())\n"
        here = "from hyperspace.adapters.openevolve import sandboxed\nevaluate = sandboxed('solve', judge, failed=-5.0)\n"
        cheat = (
            "import sys\nframe = sys._getframe()\nwhile frame:\n    if 'judge' in frame.f_globals:\n"
            "        frame.f_globals['judge'] = lambda value: {'combined_score': 1e9}\n    frame = frame.f_back\ndef solve(): return -1\n"
        )
        scores = []
        for text in (usual, here):
            evaluator = Evaluator(EvaluatorConfig(cascade_evaluation=False, timeout=60), self.program(head + text))
            scores.append(asyncio.run(evaluator.evaluate_program(cheat, "cheat"))["combined_score"])
        self.assertEqual(scores, [1e9, -1.0])

    def test_artifacts_tell_what_happened(self):
        result = adapter.sandboxed("solve", score, timeout=1)(self.program("def solve():\n    print('seen')\n    return 1 / 0"))
        self.assertEqual(result.metrics, {"combined_score": 0.0})
        self.assertIn("division", result.artifacts["outcome"])
        self.assertIn("return 1 / 0", result.artifacts["traceback"])
        self.assertEqual(result.artifacts["stdout"], "seen\n")


if __name__ == "__main__":
    unittest.main()
