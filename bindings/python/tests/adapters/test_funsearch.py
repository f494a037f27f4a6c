"""FunSearch: the measure and the evolved function are apart."""

import concurrent.futures
import unittest

import hyperspace as hs
from hyperspace.adapters.funsearch import Sandbox

PROGRAM = '''
"""Finds large numbers."""
from __future__ import annotations
import math
import funsearch

BEST = 100

@funsearch.run
def evaluate(n: int) -> float:
    """Returns the score of the choices, which is never above 10."""
    chosen = max(range(n), key=lambda k: priority((k, (1.5, k)), n=n))
    return min(10, chosen)

def helper(x):
    return x + 0.5

@funsearch.evolve
def priority(el: tuple, n: int = 0) -> float:
@BODY@
'''


def program(*lines):
    return PROGRAM.replace("@BODY@", "\n".join("    " + line for line in lines))


class Programs(unittest.TestCase):
    def run_it(self, *lines, n=20, timeout=0.5):
        return Sandbox("priority", memory="64MiB").run(program(*lines), "evaluate", n, timeout)

    def test_a_program_is_measured(self):
        self.assertEqual(self.run_it("return -el[0]"), (0, True))
        self.assertEqual(self.run_it("return math.sin(el[1][1]) if isinstance(el, tuple) and el[1][0] == 1.5 else 0", n=10), (8, True))
        self.assertEqual(self.run_it("return helper(float('inf') if el[0] == n - 15 else -float('inf'))"), (5, True))

    def test_attacks_earn_nothing(self):
        for lines in [
            ["global evaluate", "evaluate = lambda n: 1e9", "return 0"],
            ["import sys", "f = sys._getframe()", "while f:", "    f.f_globals['min'] = max", "    f = f.f_back", "return 0"],
            ["import builtins", "builtins.min = lambda *a: 1e9", "builtins.max = lambda *a, **k: 1e9", "return 0"],
            ["import sys", "sys.modules['__main__'].evaluate = lambda n: 1e9", "return 0"],
            ["import json", "json.dumps = lambda *a, **k: '1e9'", "return 0"],
            ["global _hs_encode", "_hs_encode = lambda value: {'f': '1', 'x': 2}", "return 0"],
            ["import hyperspace", "hyperspace.call('bridge.next', payload='1e9')", "return 0"],
            ["import hyperspace", "hyperspace.call('evolved', args=[1, 2])", "return 0"],
            ["import os", "os._exit(0)"], ["raise SystemExit(0)"], ["while True: pass"], ["return priority(el, n)"],
            ["class Any(float):", "    def __gt__(self, other): return True", "return Any(1)"], ["return object()"],
            ["return [0] * 10**9"], ["raise ValueError('score: 1e9')"],
        ]:
            with self.subTest(lines=lines):
                value, ok = self.run_it(*lines)
                self.assertTrue(value == 0 and ok or (value, ok) == (None, False), (value, ok))

    def test_many_at_a_time_wait_for_nobody(self):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            box = Sandbox("priority", workers=1)
            found = list(pool.map(lambda n: box.run(program("return el[0]"), "evaluate", n, 1), range(1, 7)))
        self.assertEqual(found, [(n - 1, True) for n in range(1, 7)])

    def test_time_is_of_all_calls(self):
        slow = ["x = 0", "for k in range(100_000): x += k", "return x"]
        self.assertEqual(self.run_it(*slow, n=2, timeout=1)[1], True)
        self.assertEqual(self.run_it(*slow, n=1000, timeout=1), (None, False))

    def test_what_is_no_number_is_not_ok(self):
        for text in ("'text'", "float('nan')", "float('inf')", "None", "True", "[1]"):
            code = program("return 0").replace("return min(10, chosen)", f"return {text}")
            self.assertEqual(Sandbox("priority").run(code, "evaluate", 3, 1), (None, False), text)

    def test_bad_requests_are_named(self):
        self.assertEqual(Sandbox("priority").run("def priority(: pass", "evaluate", 3, 1), (None, False))
        for call, words in [
            (lambda: Sandbox("a b"), "evolved"), (lambda: Sandbox("f", fuel=1), "fuel"),
            (lambda: Sandbox("f").run("def g(): pass", "g", 1, 1), "f"), (lambda: Sandbox("priority").run(program("return 0"), "evaluate", 3, 0), "timeout"),
            (lambda: Sandbox("priority").run(program("return 0"), "evaluate", object(), 1), "JSON"), (lambda: Sandbox("f").run(3, "g", 1, 1), "text"),
        ]:
            with self.assertRaises(hs.UsageError) as raised:
                call()
            self.assertIn(words, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
