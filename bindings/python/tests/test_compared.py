"""The sides of `benches/compare/embedded.py` that need no other package: what programs of theirs can reach."""

import json
import pathlib
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "benches" / "compare"


@unittest.skipUnless((FOLDER / "embedded.py").is_file(), "the benchmarks are not beside the tests")
class Compared(unittest.TestCase):
    def called(self, script, *words):
        command = [sys.executable, "-B", str(FOLDER / script), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    def probed(self, side, *probes):
        done = self.called("embedded_turn.py", side, "probe", *probes)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = [json.loads(line.removeprefix("embedded: ")) for line in done.stdout.splitlines()]
        return {each["probe"]: each["found"] for each in said}

    def test_a_guest_reaches_nothing_and_is_the_same_every_time(self):
        found = self.probed("hyperspace")
        self.assertEqual((found["state"]["seen"], found["file"]["read"], found["network"]["reached"]), (False, False, False))
        self.assertEqual((found["memory"]["words"], found["loop"]["words"]), ("out-of-memory", "out-of-fuel"))
        self.assertFalse(found["loop"]["goes_on"])
        self.assertEqual(self.probed("hyperspace", "same"), {"same": found["same"]})

    def test_the_probes_tell_where_nothing_is_contained(self):
        found = self.probed("exec", "state", "file", "network", "memory")
        self.assertEqual((found["state"]["seen"], found["file"]["read"], found["network"]["reached"]), (True, True, True))
        self.assertFalse(found["memory"]["ended"])
        # A process of its own keeps the state apart, and nothing else.
        found = self.probed("subprocess", "state", "file")
        self.assertEqual((found["state"]["seen"], found["file"]["read"]), (False, True))
        self.assertNotEqual(self.probed("exec", "same"), self.probed("exec", "same"))

    def test_every_side_is_listed_and_wrong_arguments_are_told(self):
        listed = self.called("embedded.py", "--list").stdout.splitlines()
        sys.path.insert(0, str(FOLDER))
        try:
            import embedded
            import embedded_turn
        finally:
            sys.path.remove(str(FOLDER))
        self.assertEqual([line.split(":")[0] for line in listed], list(embedded_turn.SIDES))
        self.assertEqual(set(embedded.PROBES), set(embedded_turn.PROBES))
        for words, told in [(["--only", "x"], "no side 'x'"), ([], "a wheel is needed"), (["x.whl"], "no wheel")]:
            done = self.called("embedded.py", *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(told, done.stderr)


if __name__ == "__main__":
    unittest.main()
