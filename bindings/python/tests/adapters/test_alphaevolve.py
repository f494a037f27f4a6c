"""AlphaEvolve: programs as the service sends them."""

import unittest

from attacks import ATTACKS, LOOKS_FOR_THE_ANSWER, REPLACES_THE_SCORER, WRITES_THE_SCORE

import hyperspace as hs
from hyperspace.adapters.alphaevolve import evaluator

SECRET = 91827364


def program(*files):
    return {"content": {"files": [{"path": path, "content": text} for path, text in files]}}


def score(value):
    return value


class Programs(unittest.TestCase):
    def value(self, *files, **options):
        options = {"timeout": 0.2, "failed": -5.0, "memory": "64MiB", **options}
        (found,) = evaluator("solve", score, **options)(program(*files))["scores"]["scores"]
        return found["score"]

    def test_files_import_each_other(self):
        files = [("main.py", "from lib.more import x\ndef solve(): return x + 1"), ("lib/more.py", "x = 41")]
        self.assertEqual(self.value(*files, path="main.py"), 42.0)

    def test_several_metrics_and_inputs(self):
        made = evaluator("solve", lambda values: {"sum": sum(values), "n": len(values)}, inputs=[(1,), (2,)])
        self.assertEqual(
            made(program(("a.py", "def solve(n): return n * n"))),
            {"scores": {"scores": [{"metric": "sum", "score": 5.0}, {"metric": "n", "score": 2.0}]}},
        )

    def test_attacks_earn_nothing(self):
        for name, code in {**ATTACKS, "a": REPLACES_THE_SCORER, "b": WRITES_THE_SCORE, "c": LOOKS_FOR_THE_ANSWER}.items():
            with self.subTest(name):
                self.assertLess(self.value(("initial_program.py", code)), 0)

    def test_bad_requests_are_named(self):
        made = evaluator("solve", score)
        for given in [None, {}, {"content": "x"}, program(), {"content": {"files": [{"path": 3}]}}, program(("a", ""), ("b", ""))]:
            with self.assertRaises(hs.UsageError):
                made(given)
        with self.assertRaises(hs.UsageError) as raised:
            made(program(("../up.py", "def solve(): return 1")))
        self.assertIn("../up.py", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
