"""The examples of the README do what they say."""

import doctest
import pathlib
import unittest


class Readme(unittest.TestCase):
    def test_examples(self):
        page = pathlib.Path(__file__).parent.parent / "README.md"
        failed, tried = doctest.testfile(str(page), module_relative=False)
        self.assertGreaterEqual(tried, 8)
        self.assertEqual(failed, 0)


if __name__ == "__main__":
    unittest.main()
