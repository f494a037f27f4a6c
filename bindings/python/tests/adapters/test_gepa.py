"""GEPA: the signature and results of `execute_code`, evaluators that `optimize_anything` takes."""

import dataclasses
import inspect
import sys
import unittest

from attacks import ATTACKS, LOOKS_FOR_THE_ANSWER, REPLACES_THE_SCORER, WRITES_THE_SCORE

import hyperspace as hs
from hyperspace.adapters import gepa as adapter

SECRET = 91827364
HOSTILE = {**ATTACKS, "a": REPLACES_THE_SCORER, "b": WRITES_THE_SCORE, "c": LOOKS_FOR_THE_ANSWER}


def score(value, example=None):
    return (float(value), {"example": example})


class Execution(unittest.TestCase):
    def test_results_have_their_shape(self):
        result = adapter.execute_code("print('hi')\nresult = given * 2\ndef f(x, y=0): return (x, y)", global_vars={"given": 21},
                                      entry_point="f", entry_point_args=(1,), entry_point_kwargs={"y": 2})
        self.assertTrue(result.success)
        self.assertEqual((result.stdout, result.get_variable("result"), result.variables["__return__"]), ("hi\n", 42, [1, 2]))
        self.assertNotIn("f", result.variables)
        self.assertEqual(adapter.execute_code("a = 1; b = 2", capture_variables=["b"]).variables, {"b": 2})
        seeded = [adapter.execute_code("import random; x = random.random()", seed=3).variables["x"] for _ in range(2)]
        self.assertEqual(seeded[0], seeded[1])

    def test_failures_are_results(self):
        result = adapter.execute_code("1 / 0")
        self.assertEqual((result.success, "ZeroDivisionError" in result.error), (False, True))
        self.assertIn("1 / 0", result.to_side_info_dict()["Traceback"])
        result = adapter.execute_code("while True: pass", timeout=0.2)
        self.assertEqual((result.success, result.error), (False, "Timeout: execution exceeded 0.2 seconds"))
        self.assertIn("defines no function", adapter.execute_code("def g(): pass", entry_point="f").error)
        for code in ("import os\nos._exit(0)", "raise SystemExit(0)"):
            self.assertFalse(adapter.execute_code(code).success)

    def test_a_result_is_no_pickle(self):
        code = "import os\nclass Bomb:\n    def __reduce__(self): return (os.system, ('true',))\nx = Bomb()\ny = 1"
        self.assertEqual(adapter.execute_code(code).variables, {"y": 1})

    def test_bad_requests_are_named(self):
        for call, words in [
            (lambda: adapter.execute_code(3), "text"), (lambda: adapter.execute_code("", timeout=-1), "timeout"),
            (lambda: adapter.execute_code("", global_vars={"x": object()}), "JSON"),
            (lambda: adapter.evaluator("f", score)({"a": "", "b": ""}), "component"), (lambda: adapter.evaluator("f", 3), "score"),
            (lambda: adapter.evaluator("f", score)(3), "candidate"), (lambda: adapter.evaluator("3", score), "entry"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                call()
            self.assertIn(words, str(raised.exception))


class Evaluators(unittest.TestCase):
    def test_batches_keep_their_order(self):
        batch = adapter.batch_evaluator("solve", score, timeout=1)
        pairs = [(f"def solve(x): return x + {n}", 10 * n) for n in range(6)]
        self.assertEqual([value for value, _ in batch(pairs)], [11.0 * n for n in range(6)])
        self.assertEqual(adapter.evaluator("solve", score)(pairs[1][0], 5), (6.0, batch([(pairs[1][0], 5)])[0][1]))

    def test_attacks_earn_nothing(self):
        batch = adapter.batch_evaluator("solve", score, timeout=0.2, failed=-5.0, memory="64MiB")
        for name, (value, info) in zip(HOSTILE, batch([(code, None) for code in HOSTILE.values()])):
            with self.subTest(name):
                self.assertLess(value, 0)
                self.assertTrue(info["outcome"])


class Released(unittest.TestCase):
    def setUp(self):
        try:
            import gepa
        except ImportError:
            self.skipTest("gepa is not installed")

    def test_signature_and_fields(self):
        from gepa.utils import code_execution as theirs

        ours = inspect.signature(adapter.execute_code).parameters
        for name, parameter in inspect.signature(theirs.execute_code).parameters.items():
            self.assertIn(name, ours)
            if name not in ("mode",):
                self.assertEqual(ours[name].default, parameter.default, name)
        self.assertEqual(
            [each.name for each in dataclasses.fields(adapter.CodeExecutionResult)],
            [each.name for each in dataclasses.fields(theirs.CodeExecutionResult)],
        )
        code = "x = 3  \ndef f(n): return n + x\n"
        mine, other = (module.execute_code(code, entry_point="f", entry_point_args=(2,)) for module in (adapter, theirs))
        self.assertEqual((mine.success, mine.stdout, mine.error), (other.success, other.stdout, other.error))
        self.assertEqual(mine.variables["__return__"], other.variables["__return__"])

    def test_what_works_there_is_contained_here(self):
        import os

        from gepa.utils import code_execution as theirs

        code = "import os, sys\nos.environ['CHEATED'] = '1'\nsys.modules['cheated'] = sys"
        self.addCleanup(lambda: (os.environ.pop("CHEATED", None), sys.modules.pop("cheated", None)))
        self.assertTrue(adapter.execute_code(code).success)
        self.assertFalse("CHEATED" in os.environ or "cheated" in sys.modules)
        theirs.execute_code(code)
        self.assertTrue("CHEATED" in os.environ and "cheated" in sys.modules)

    def test_optimize_anything_takes_the_evaluators(self):
        from gepa import optimize_anything as module

        parameters = inspect.signature(module.optimize_anything).parameters
        kinds = {"evaluator": adapter.evaluator, "batch_evaluator": adapter.batch_evaluator}
        for kind in kinds:
            config = module.GEPAConfig(engine=module.EngineConfig(max_metric_calls=3))
            config.reflection.reflection_lm = lambda prompt: "```\ndef solve(): return 7\n```"
            if kind not in parameters:
                self.assertEqual(kind, "batch_evaluator")
                continue
            chosen = {"evaluator": None, kind: kinds[kind]("solve", score, timeout=1)}
            found = module.optimize_anything("def solve(): return 1", objective="large numbers", config=config, **chosen)
            best = found.best_candidate
            self.assertIn("return 7", best if isinstance(best, str) else " ".join(best.values()))


if __name__ == "__main__":
    unittest.main()
