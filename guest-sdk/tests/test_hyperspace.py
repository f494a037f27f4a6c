"""Tests of the guest's package with a faked door: `python3 guest-sdk/tests/test_hyperspace.py`."""

import sys
import types
import unittest

from faked_door import door

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
        self.assertEqual(door.requests[0], {"op": "log", "params": {"text": 'hello {"generation": 3}'}})


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

    def test_answer_makes_a_task_agent_and_returns_its_prediction_as_text(self):
        made = []

        class TaskAgent:
            def __init__(self, model="default", log_file=""):
                made.append(model)

            def forward(self, inputs):
                return inputs["x"], ["history"]

        sys.modules["task_agent"] = types.ModuleType("task_agent")
        sys.modules["task_agent"].TaskAgent = TaskAgent
        self.addCleanup(sys.modules.pop, "task_agent")
        self.assertEqual([drive.answer({"x": 7}), drive.answer({"x": None}, "m")], ["7", None])
        self.assertEqual(made, ["default", "m"])

    def test_improve_prefers_the_function_and_knows_the_class(self):
        class MetaAgent:
            def __init__(self, model="default", temperature=0.0):
                self.settings = model, temperature

            def forward(self, repo_path, eval_path, iterations_left=None):
                return [{"role": "assistant", "content": f"{self.settings} {repo_path} {eval_path} {iterations_left}"}]

        module = sys.modules["meta_agent"] = types.ModuleType("meta_agent")
        self.addCleanup(sys.modules.pop, "meta_agent")
        module.MetaAgent = MetaAgent
        told = drive.improve({"model": "m", "iterations_left": 3})
        self.assertEqual(told, {"messages": 1, "last": "('m', 0.0) /repo /repo/evals 3"})
        module.improve = lambda argument: argument["seed"]
        self.assertEqual(drive.improve({"seed": 5}), 5)


if __name__ == "__main__":
    unittest.main()
