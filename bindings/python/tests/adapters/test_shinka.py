"""ShinkaEvolve: the same files and results as its function, and nothing for what cheats there."""

import ast
import importlib.util
import inspect
import json
import os
import tempfile
import unittest

from attacks import ATTACKS, LOOKS_FOR_THE_ANSWER, REPLACES_THE_SCORER, WRITES_THE_SCORE

import hyperspace as hs
from hyperspace.adapters.shinka import ON_ERROR, run_shinka_eval


def validate(value):
    return (isinstance(value, (int, float)) and value >= 0, "it must be a number that is not negative")


def aggregate(values):
    return {"combined_score": sum(values) / len(values), "public": {"n": len(values)}, "private": {}, "extra_data": values}


class Experiments(unittest.TestCase):
    def evaluate(self, code, runs=2, **options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path, results = os.path.join(folder, "program.py"), os.path.join(folder, "results")
        with open(path, "w") as file:
            file.write(code)
        options = {"aggregate_metrics_fn": aggregate, "validate_fn": validate, "timeout": 0.3, "memory": "64MiB", **options}
        metrics, correct, error = run_shinka_eval(path, results, "solve", runs, **options)
        with open(os.path.join(results, "metrics.json")) as file:
            self.assertEqual(json.load(file), metrics)
        with open(os.path.join(results, "correct.json")) as file:
            self.assertEqual(json.load(file), {"correct": correct, "error": error})
        return metrics, correct, error

    def test_the_files_say_what_was_measured(self):
        metrics, correct, error = self.evaluate("def solve(seed): return seed * 10", runs=3)
        self.assertEqual((metrics["combined_score"], correct, error), (20.0, True, None))
        self.assertEqual((metrics["num_valid_runs"], metrics["num_invalid_runs"]), (3, 0))
        self.assertEqual(self.evaluate("def solve(seed): return seed * 10", runs=3, run_workers=2)[0], metrics)
        self.assertGreater(metrics["execution_time_mean"], 0)

    def test_arguments_and_plots_are_the_users(self):
        class Figure:
            saved = []

            def savefig(self, path, **_):
                self.saved.append(os.path.basename(path))

        metrics, *_ = self.evaluate(
            "def solve(n, more): return (n, more)[0]", get_experiment_kwargs=lambda index: {"n": index, "more": [1]},
            plotting_fn=lambda extra: [(Figure(), "../plot")],
        )
        self.assertEqual(metrics["combined_score"], 0.5)
        self.assertEqual(Figure.saved, ["plot.png", "plot.pdf"])

    def test_attacks_earn_nothing(self):
        for name, code in {**ATTACKS, "a": REPLACES_THE_SCORER, "b": WRITES_THE_SCORE, "c": LOOKS_FOR_THE_ANSWER}.items():
            with self.subTest(name):
                metrics, correct, error = self.evaluate(code)
                self.assertFalse(correct)
                self.assertTrue(error)
                self.assertLessEqual(metrics["combined_score"], 0)

    def test_invalid_results_are_told(self):
        metrics, correct, error = self.evaluate("def solve(seed): return 1 - seed")
        self.assertEqual((correct, error), (False, "Validation failed: it must be a number that is not negative"))
        self.assertEqual((metrics["num_valid_runs"], metrics["num_invalid_runs"]), (1, 1))

    def test_bad_requests_are_named(self):
        for options, words in [
            ({"runs": -1}, "num_runs"), ({"run_workers": 0}, "run_workers"), ({"early_stop_method": "ci"}, "early_stop"),
            ({"timeout": "x"}, "timeout"), ({"get_experiment_kwargs": lambda _: {"x": object()}}, "JSON"), ({"tools": {}}, "tools"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                self.evaluate("def solve(): pass", **options)
            self.assertIn(words, str(raised.exception))

    def test_early_stopping(self):
        class Stopper:
            name = "test"

            def reset(self):
                self.seen = []

            def check(self, scores, threshold):
                self.seen.append(list(scores))
                return type("Decision", (), {"should_stop": scores[-1] > threshold})

        stopper = Stopper()
        metrics, *_ = self.evaluate("def solve(seed): return seed", runs=9, early_stop_method=stopper, early_stop_threshold=2)
        self.assertEqual(stopper.seen[-1], [1.0, 2.0, 3.0])
        self.assertEqual(metrics["public"]["n"], 3)


class Released(unittest.TestCase):
    def test_the_signature_is_that_of_the_released_function(self):
        # Its module imports more than a hundred packages, so it is read, not imported.
        package = importlib.util.find_spec("shinka")
        if package is None:
            self.skipTest("shinka-evolve is not installed")
        with open(os.path.join(package.submodule_search_locations[0], "core", "wrap_eval.py")) as file:
            tree = ast.parse(file.read())
        (theirs,) = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "run_shinka_eval"]
        ours = inspect.signature(run_shinka_eval).parameters
        names = [each.arg for each in theirs.args.args]
        self.assertEqual(names, list(ours)[: len(names)])
        given = [ast.literal_eval(each) for each in theirs.args.defaults]
        self.assertEqual(given, [ours[name].default for name in names[len(names) - len(given):]])
        (kept,) = [each.value for each in tree.body if isinstance(each, ast.Assign) and each.targets[0].id == "DEFAULT_METRICS_ON_ERROR"]
        self.assertEqual(ast.literal_eval(kept), ON_ERROR)


if __name__ == "__main__":
    unittest.main()
