"""Tasks, runs and stores through the package."""

import asyncio
import os
import tempfile
import threading
import unittest

import hyperspace as hs

TASK = """
name = "guess"
title = "Guess the number"
"""


class Tasks(unittest.TestCase):
    def test_an_agent_is_evaluated(self):
        task = hs.Task.load("bin-packing")
        seed = task.evaluate()
        self.assertEqual((seed.task, seed.split), ("bin-packing", "train"))
        self.assertGreater(seed.score, 0)
        self.assertAlmostEqual(float(seed.exact), seed.score)
        self.assertTrue(all(case.fuel > 0 for case in seed.cases))
        worse, broken = task.evaluate_many([
            {"task_agent.py": "def priority(item, bins):\n    return list(range(len(bins)))\n"},
            {"task_agent.py": "def priority(item, bins):\n    raise ValueError('on purpose')\n"},
        ])
        self.assertIsNotNone(worse.score)
        self.assertIsNone(broken.score)
        self.assertIn("on purpose", broken.cases[0].evidence)
        self.assertEqual(asyncio.run(task.evaluate_async()).document, seed.document)

    def test_what_does_not_exist_is_named(self):
        with self.assertRaises(hs.UsageError) as raised:
            hs.Task.load("bin-paking").evaluate()
        self.assertIn("bin-paking", str(raised.exception))
        self.assertTrue(any("bin-packing" in note for note in raised.exception.__notes__))
        with self.assertRaises(hs.UsageError):
            hs.Task.load("bin-packing").evaluate(split="everything")


class Runs(unittest.TestCase):
    def test_a_run_from_start_to_replay(self):
        with tempfile.TemporaryDirectory() as folder:
            store, kinds = os.path.join(folder, "store"), []
            run = hs.evolve(
                "bin-packing", generations=2, candidates=2, seed=3, store=store, on_event=lambda event: kinds.append(event.kind),
            )
            self.assertIn("generation-committed", kinds)
            self.assertEqual(run.replay()["differences"], [])
            best = run.best
            self.assertIn("def priority", best.code)
            self.assertEqual(best.files[best.path].decode(), best.code)
            self.assertEqual(list(run), [])
            found = hs.open(store)
            self.assertEqual([each["run"] for each in found.runs()], [run.id])
            self.assertEqual(len(found.candidates()), 5)
            self.assertIn(run.id[:12], str(found.show(run.id[:12])))
            longer = hs.resume(store=store, generations=3)
            self.assertEqual(longer.id, run.id)
            self.assertEqual(longer.wait()["generations"], 3)

    def test_a_cancelled_run_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            run = hs.start("bin-packing", generations=30, candidates=2, store=os.path.join(folder, "store"))
            next(event for event in run if event.kind == "generation-committed")
            run.cancel()
            for use in (run.wait, lambda: next(iter(run)), lambda: asyncio.run(run.wait_async())):
                with self.assertRaises(hs.UsageError) as raised:
                    use()
                self.assertIn("cancelled", str(raised.exception))
            self.assertGreater(run.best.score, 0)

    def test_a_run_is_cancelled_while_others_wait_for_it(self):
        with tempfile.TemporaryDirectory() as folder:
            run = hs.start("bin-packing", generations=1000, candidates=2, store=os.path.join(folder, "store"))
            kinds = []
            reader = threading.Thread(target=lambda: kinds.extend(event.kind for event in run))
            reader.start()
            while "generation-committed" not in kinds:
                reader.join(0.05)
            run.cancel()
            reader.join(20)
            self.assertFalse(reader.is_alive())

    def test_an_exception_of_the_observer_ends_the_run_and_the_store_is_free(self):
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "store")

            def stop(event):
                if event.kind == "generation-committed":
                    raise RuntimeError("enough")

            with self.assertRaises(RuntimeError):
                hs.evolve("bin-packing", generations=50, store=store, on_event=stop)
            run = hs.resume(store=store, generations=2)
            self.assertGreaterEqual(run.wait()["generations"], 2)

    def test_the_search_is_chosen_as_the_command_does(self):
        with tempfile.TemporaryDirectory() as folder:
            options = {"generations": 1, "candidates": 2, "store": os.path.join(folder, "store")}
            one = hs.evolve("bin-packing", strategy="beam:width=2", **options)
            other = hs.evolve("bin-packing", search={"strategy": "beam", "width": 2}, **options)
            self.assertEqual(one.id, other.id)
            self.assertIn("beam", hs.open(options["store"]).runs()[0]["strategy"])
            compared = hs.start("bin-packing", strategy="beam:width=2", duplicates="syntax", limits={"file-nodes": 5000}, **options)
            compared.wait()
            self.assertNotEqual(compared.id, one.id)
            for wrong in [{"limits": {"nodes": 3}}, {"strategy": "bem"}, {"strategy": "beam", "search": {}}, {"admission": "gate"}]:
                with self.assertRaises(hs.UsageError):
                    hs.start("bin-packing", **wrong, **options)

    def test_unknown_settings_are_refused_by_name(self):
        with self.assertRaises(hs.UsageError) as raised:
            hs.start("bin-packing", generatoins=3)
        self.assertIn("generatoins", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
