"""The tables of recorded runs, in the libraries that are installed."""

import importlib.util
import os
import tempfile
import unittest

import hyperspace as hs

NAMES = ["calls", "candidates", "cases", "evaluations", "events"]


def is_installed(library):
    return importlib.util.find_spec(library) is not None


class Tables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.store = os.path.join(cls.folder.name, "store")
        cls.run_ = hs.evolve("bin-packing", generations=2, candidates=2, seed=3, store=cls.store)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_runs_are_found_by_number_and_by_hash(self):
        runs = hs.open(self.store).runs()
        self.assertEqual([run.id for run in runs], [self.run_.id])
        self.assertEqual((runs[0], len(runs)), (runs[self.run_.id[:6] + "…"], 1))
        self.assertEqual(runs[0]["generations"], 2)
        for name in ["", "zz"]:
            with self.assertRaises(KeyError) as raised:
                runs[name]
            self.assertIn(self.run_.id[:12], str(raised.exception))

    def check(self, tables, rows):
        self.assertEqual(sorted(tables), NAMES)
        self.assertEqual(rows(tables["candidates"]), len(hs.open(self.store).candidates()))
        self.assertGreater(rows(tables["events"]), 5)
        self.assertEqual(rows(tables["calls"]), 0)

    def test_arrow(self):
        run = hs.open(self.store).runs()[0]
        if not is_installed("pyarrow"):
            with self.assertRaises(hs.UsageError) as raised:
                run.to_arrow()
            self.assertIn("pyarrow is not installed", str(raised.exception))
            return
        tables = run.to_arrow()
        self.check(tables, lambda table: table.num_rows)
        self.assertEqual(str(tables["candidates"].schema.field("score").type), "double")

    @unittest.skipUnless(is_installed("pandas") and is_installed("pyarrow"), "pandas is not installed")
    def test_pandas(self):
        self.check(hs.open(self.store).runs()[0].to_pandas(), len)

    @unittest.skipUnless(is_installed("polars"), "polars is not installed")
    def test_polars(self):
        self.check(hs.open(self.store).runs()[0].to_polars(), lambda frame: frame.height)


if __name__ == "__main__":
    unittest.main()
