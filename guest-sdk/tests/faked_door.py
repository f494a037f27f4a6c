"""A door for tests: stands in for `_hyperspace`, records requests, answers from a list or a function."""

import json
import pathlib
import sys
import types


class Door(types.ModuleType):
    """`answers` are frames in order, OSErrors to raise, or functions from (op, params) to a value."""

    def __init__(self):
        super().__init__("_hyperspace")
        self.requests, self.answers = [], []

    def reset(self, *answers):
        self.requests.clear()
        self.answers[:] = answers

    def send(self, frame):
        request = json.loads(frame)
        self.requests.append(request)
        answer = self.answers[0] if callable(self.answers[0]) else self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        if callable(answer):
            answer = {"ok": answer(request["op"], request["params"])}
        return json.dumps(answer).encode()


door = sys.modules["_hyperspace"] = Door()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
