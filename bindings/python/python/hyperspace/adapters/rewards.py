"""Rewards as plain functions: for verifiers, Harbor, and anything else that needs a number for a text of code."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Callable, Mapping, Sequence

from hyperspace._hyperspace import UsageError
from hyperspace.adapters import _guest

Tests = Sequence[Sequence[Any]]

_BLOCK = re.compile(r"```[ \t]*(?:python|py|python3)?[ \t]*\r?\n(.*?)```", re.DOTALL | re.IGNORECASE)


def code_of(completion: Any) -> str:
    """Returns the code of a completion: its last fenced block, or all of its text. The completion is a text, or messages with
    `content`."""
    if not isinstance(completion, str):
        messages = completion if isinstance(completion, Sequence) else [completion]
        last = messages[-1] if messages else ""
        content = last.get("content") if isinstance(last, Mapping) else getattr(last, "content", last)
        if isinstance(content, Sequence) and not isinstance(content, str):
            content = "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
        completion = content if isinstance(content, str) else ""
    blocks: list[str] = _BLOCK.findall(completion)
    return blocks[-1] if blocks else completion


def readable(code: str) -> str:
    """Returns a text in a form that a file can hold."""
    # A model's text may hold lone surrogates, which no file can.
    if not isinstance(code, str):
        raise UsageError(f"code: expected a text of Python, not {type(code).__name__}")
    return code.encode("utf-8", "replace").decode("utf-8")


def tests_of(tests: Any) -> Tests:
    """Returns tests, which are pairs `[arguments, expected]` and may be given as JSON text."""
    if isinstance(tests, str):
        try:
            tests = json.loads(tests)
        except ValueError as error:
            raise UsageError(f"tests: {error}; expected JSON such as [[[1], 1], [[2], 4]]") from None
    if not isinstance(tests, Sequence) or not tests:
        raise UsageError("tests: expected one or more pairs of arguments and result, such as [[[1], 1], [[2], 4]]")
    for number, test in enumerate(tests):
        if isinstance(test, (str, bytes)) or not isinstance(test, Sequence) or len(test) != 2 or not isinstance(test[0], (list, tuple)):
            raise UsageError(f"tests: test {number} is {test!r}; expected arguments and a result, such as [[2], 4]")
    return tests


def calls_of(code: str, entry: str, tests: Tests) -> list[_guest.Call]:
    """Returns one call for each test. The expected value never enters the guest."""
    return [_guest.Call(readable(code), entry, tuple(args)) for args, _ in tests]


def fraction(results: Sequence[_guest.Result], tests: Tests) -> float:
    """Returns the fraction of the tests whose call returned the expected value."""
    return sum(each.ok and same(each.value, expected) for each, (_, expected) in zip(results, tests, strict=True)) / len(tests)


def same(value: Any, expected: Any) -> bool:
    """Returns whether data are equal. Tuples equal lists, but `1` does not equal `True`."""
    if isinstance(expected, (list, tuple)):
        return isinstance(value, list) and len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(expected, Mapping):
        return isinstance(value, dict) and set(value) == set(expected) and all(same(value[key], expected[key]) for key in expected)
    return isinstance(value, bool) == isinstance(expected, bool) and value == expected


def passed(code: str, entry: str, tests: Tests, *, timeout: float = 5.0, workers: int | None = None, **options: Any) -> float:
    """Returns the fraction of tests that a program passes, each in its own guest.

    A test is `[arguments, expected]`; `entry` is called with the arguments, and the return value is compared in this process.
    `timeout` is in virtual seconds for each test: 1 s is 1e9 fuel. `options` are those of `hyperspace.Sandbox`.
    """
    tests = tests_of(tests)
    results = _guest.call_many(_guest.sandbox(timeout, options), calls_of(code, entry, tests), workers)
    return fraction(results, tests)


def reward(entry: str, *, timeout: float = 5.0, name: str = "passed", **options: Any) -> Callable[..., float]:
    """Returns a reward function for verifiers: `reward(completion, answer)` is the fraction of the tests in `answer` that pass.

    `answer` has the tests as for `passed`, as data or as JSON text. `timeout` is in virtual seconds for each test: 1 s is 1e9 fuel.
    """

    def scored(completion: Any, answer: Any, **_: Any) -> float:
        return passed(code_of(completion), entry, answer, timeout=timeout, **options)

    scored.__name__ = name
    return scored


def write_reward(value: float | Mapping[str, float], folder: str | os.PathLike[str] = "/logs/verifier") -> str:
    """Writes a reward where Harbor's verifier looks for it, and returns the path: `reward.txt`, or `reward.json` for several numbers."""
    numbers = value if isinstance(value, Mapping) else {"reward": value}
    metrics, error = _guest.metrics_of(numbers)
    if error:
        raise UsageError(f"reward: expected finite numbers, not {value!r}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "reward.json" if isinstance(value, Mapping) else "reward.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(metrics) if isinstance(value, Mapping) else repr(metrics["reward"]))
    return path
