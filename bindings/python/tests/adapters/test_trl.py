"""TRL: rewards of batches, as its trainer asks for them, and rewards as plain functions."""

import json
import os
import tempfile
import unittest

from attacks import ATTACKS, LOOKS_FOR_THE_ANSWER, REPLACES_THE_SCORER, WRITES_THE_SCORE

import hyperspace as hs
from hyperspace.adapters import rewards, trl

SECRET = 91827364
TESTS = [[[2], SECRET], [[3], 9]]
HOSTILE = {**ATTACKS, "a": REPLACES_THE_SCORER, "b": WRITES_THE_SCORE, "c": LOOKS_FOR_THE_ANSWER}


def fenced(code):
    return f"Here it is:\n```python\n{code}\n```\nDone."


class Rewards(unittest.TestCase):
    def batch(self, function, completions, **columns):
        # As the trainer calls it, with its own keywords.
        more = {"completion_ids": [[1]] * len(completions), "trainer_state": object(), "log_extra": print}
        return function(prompts=["p"] * len(completions), completions=completions, **columns, **more)

    def test_a_batch_has_its_order(self):
        function = trl.tests_passed("solve")
        codes = [f"def solve(n): return {SECRET} if n == 2 else {k}" for k in (9, 8)]
        chat = [{"role": "assistant", "content": fenced(codes[1])}]
        tests = [TESTS, TESTS, json.dumps(TESTS), None]
        self.assertEqual(self.batch(function, [fenced(codes[0]), chat, "no code", codes[0]], tests=tests), [1.0, 0.5, 0.0, None])
        self.assertEqual(function.__name__, "tests_passed")

    def test_attacks_earn_nothing(self):
        function = trl.tests_passed("solve", timeout=0.2, memory="64MiB")
        found = self.batch(function, [fenced(code) for code in HOSTILE.values()], tests=[TESTS] * len(HOSTILE))
        self.assertEqual(dict(zip(HOSTILE, found)), dict.fromkeys(HOSTILE, 0.0))
        function = trl.reward_func("solve", lambda value, row: float(value) - row["base"], timeout=0.2, failed=-1.0, memory="64MiB")
        found = self.batch(function, list(HOSTILE.values()), base=[0.0] * len(HOSTILE))
        self.assertTrue(all(each < 0 for each in found), dict(zip(HOSTILE, found)))

    def test_scores_see_their_row(self):
        function = trl.reward_func("solve", lambda value, row: value + row["base"], arguments=lambda row: [row["base"]])
        self.assertEqual(self.batch(function, ["def solve(n): return n * 2"] * 2, base=[1, 2]), [3.0, 6.0])

    def test_bad_requests_are_named(self):
        function = trl.tests_passed("solve")
        for tests in ([[]], [[[1, 2]]], ["{"], [[[2, 3, 4]]], [3]):
            with self.assertRaises(ValueError if tests == ["{"] else hs.UsageError):
                self.batch(function, ["x"], tests=tests)
        with self.assertRaises(hs.UsageError) as raised:
            self.batch(function, ["x"], other=[1])
        self.assertIn("other", str(raised.exception))
        self.assertEqual(self.batch(function, ["\ud800", "x" * 10_000], tests=[TESTS] * 2), [0.0, 0.0])


class Plain(unittest.TestCase):
    def test_a_fraction_of_tests(self):
        self.assertEqual(rewards.passed("def solve(n): return n * n", "solve", [[[2], 4], [[3], 8], [(1,), True]]), 1 / 3)
        self.assertEqual(rewards.passed("def solve(n): return {'a': (n, [])}", "solve", [[[2], {"a": (2, [])}]]), 1.0)
        function = rewards.reward("solve", name="right")
        self.assertEqual(function(completion=[{"role": "assistant", "content": fenced("def solve(n): return 4")}], answer="[[[2], 4]]", state={}), 1.0)
        self.assertEqual(function.__name__, "right")

    def test_attacks_earn_nothing(self):
        for name, code in HOSTILE.items():
            self.assertEqual(rewards.passed(code, "solve", TESTS, timeout=0.2, memory="64MiB"), 0.0, name)

    def test_harbor_reads_what_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(rewards.write_reward(0.5, os.path.join(folder, "verifier"))) as file:
                self.assertEqual(file.read(), "0.5")
            with open(rewards.write_reward({"a": 1, "b": 0}, folder)) as file:
                self.assertEqual(json.load(file), {"a": 1.0, "b": 0.0})
            for bad in (float("nan"), "x", {}, {"a": None}):
                with self.assertRaises(hs.UsageError):
                    rewards.write_reward(bad, folder)
            self.assertEqual(sorted(os.listdir(folder)), ["reward.json", "verifier"])


if __name__ == "__main__":
    unittest.main()
