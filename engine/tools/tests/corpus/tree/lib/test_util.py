import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from util import Counter, clamp, normalise


class UtilTest(unittest.TestCase):
    def test_clamp(self):
        self.assertEqual(clamp(15, 0, 10), 10)

    def test_normalise(self):
        self.assertEqual(normalise("  A  b "), "a b")

    def test_counter(self):
        self.assertEqual(Counter().add(2), 2)


if __name__ == "__main__":
    unittest.main(verbosity=0)
