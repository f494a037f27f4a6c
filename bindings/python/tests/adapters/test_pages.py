"""The pages of the adapters do what they say."""

import doctest
import importlib.util
import os
import pathlib
import unittest

PAGES = pathlib.Path(os.environ.get("HYPERSPACE_PAGES") or pathlib.Path(__file__).parents[2] / "docs" / "adapters")
NEED = {"dspy": "dspy", "deepagents": "deepagents", "inspect": "inspect_ai"}


class Pages(unittest.TestCase):
    def test_examples(self):
        pages = sorted(PAGES.glob("*.md"))
        self.assertGreaterEqual(len(pages), 10)
        for page in pages:
            with self.subTest(page.stem):
                if page.stem in NEED and importlib.util.find_spec(NEED[page.stem]) is None:
                    self.skipTest(f"{page.name}: {NEED[page.stem]} is not installed")
                failed, tried = doctest.testfile(str(page), module_relative=False)
                self.assertGreater(tried, 1)
                self.assertEqual(failed, 0)


if __name__ == "__main__":
    unittest.main()
