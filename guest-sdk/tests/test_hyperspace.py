"""Tests of the guest's package with a faked door: `python3 guest-sdk/tests/test_hyperspace.py`."""

import json
import pathlib
import sys
import types
import unittest


class Door(types.ModuleType):
    """Stands in for `_hyperspace`: records requests, answers from a list."""

    def __init__(self):
        super().__init__("_hyperspace")
        self.requests, self.answers = [], []

    def send(self, frame):
        self.requests.append(json.loads(frame))
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return json.dumps(answer).encode()


door = sys.modules["_hyperspace"] = Door()

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))

import hyperspace
from hyperspace import drive


class Calls(unittest.TestCase):
    def setUp(self):
        door.requests.clear()
        door.answers.clear()

    def test_the_frame_and_the_value(self):
        door.answers.append({"ok": [1]})
        self.assertEqual(hyperspace.call("mark.read", path="a", op="b"), [1])
        self.assertEqual(door.requests, [{"op": "mark.read", "params": {"path": "a", "op": "b"}}])

    def test_every_kind_of_error_has_its_exception(self):
        kinds = {"denied": hyperspace.Denied, "invalid": hyperspace.Invalid, "exhausted": hyperspace.Exhausted}
        for kind, expected in {**kinds, "else": hyperspace.Failed}.items():
            door.answers.append({"error": {"kind": kind, "message": "why"}})
            with self.assertRaises(expected) as caught:
                hyperspace.call("x")
            self.assertEqual((type(caught.exception), caught.exception.kind, str(caught.exception)), (expected, kind, "why"))

    def test_what_is_not_json_never_leaves(self):
        for value in (float("nan"), object(), "\ud800"):
            with self.assertRaises(hyperspace.Invalid):
                hyperspace.call("x", value=value)
        with self.assertRaises(hyperspace.Exhausted):
            hyperspace.call("x", value="a" * (1 << 20))
        self.assertEqual(door.requests, [])

    def test_a_door_that_refuses(self):
        door.answers.append(OSError(13, "no answers here"))
        with self.assertRaises(hyperspace.Failed):
            hyperspace.call("x")

    def test_log(self):
        door.answers.append({"ok": None})
        self.assertIsNone(hyperspace.log("hello", generation=3))
        self.assertEqual(door.requests[0]["params"], {"message": "hello", "fields": {"generation": 3}})


class Drivers(unittest.TestCase):
    def test_each(self):
        self.assertEqual(drive.each("operator", "add", [[1, 2], [3, 4]]), [3, 7])

    def test_episode(self):
        door.requests.clear()
        door.answers[:] = [
            {"ok": {"done": False, "args": [1, 2]}}, {"ok": {"done": False, "args": [5, 6]}}, {"ok": {"done": True, "args": []}},
        ]
        self.assertIsNone(drive.episode("operator", "mul"))
        self.assertEqual([request["params"].get("value") for request in door.requests], [None, 2, 30])


if __name__ == "__main__":
    unittest.main()
