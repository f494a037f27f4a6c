"""Runs a task agent on the task's examples inside this sandbox, to see kinds of values and changes of behaviour.

Steps (calls, and jumps back in loops) are counted with `sys.monitoring`, so that a candidate with an endless
loop ends here with `TooLong`.
This saves evaluations only; it decides nothing. The score comes from the engine, outside.
"""

import contextlib
import io
import json
import sys

from lib import examples, kinds

FILE = "<candidate>"
RETURNS_SEEN_MAX = 40


class TooLong(BaseException):
    """The candidate used up its steps (a BaseException, so that candidates rarely catch it)."""


class Answers:
    """What a task agent answered: for every call a value or None for a failure, and how many examples came first."""

    def __init__(self, values, examples, ordinal):
        self.values = values
        self.examples = examples
        self.failed = {place for place, value in enumerate(values) if value is None}
        shown = _order(values) if ordinal else values
        self.text = json.dumps(shown, allow_nan=False)

    @property
    def sound(self):
        """Whether every example of the task was answered."""
        return bool(self.examples) and not any(place < self.examples for place in self.failed)


def _ranks(values):
    """Each value's place among the distinct ones."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] for value in values]


def _order(values):
    """Only the order of the numbers: within each list of numbers, and among answers that are single numbers."""
    single = [place for place, value in enumerate(values) if type(value) in (int, float)]
    shown = [None] * len(values)
    for place, rank in zip(single, _ranks([values[place] for place in single])):
        shown[place] = rank
    for place, value in enumerate(values):
        if isinstance(value, list):
            plain = all(type(part) in (int, float) for part in value)
            shown[place] = _ranks(value) if plain else value
    return shown


class Probe:
    """The examples of a task and their variants, with a budget of steps for all runs together.

    Where the entry is called `priority` or `rank`, answers that order things equally count as equal.
    """

    def __init__(self, task, steps):
        entry = task.get("entry")
        entry = entry if isinstance(entry, dict) else {}
        self.function = entry.get("function") or ""
        self.module = entry.get("module") or "task_agent"
        self.calls = examples.calls_of(task)
        self.variants = examples.variants_of(self.calls)
        self.ordinal = self.function in ("priority", "rank")
        self.steps = steps
        self.used = 0

    def run(self, source, steps, seen=None):
        """The answers, or None on any failure that ends the run; adds kinds to `seen` when given, in any case."""
        counter = [min(steps, self.steps)]
        before = counter[0]
        space = {"__name__": self.module, "__file__": FILE}
        values = []
        try:
            code = compile(source, FILE, "exec")
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                with _watch(counter, seen):
                    exec(code, space)
                    function = space[self.function]
                    calls = self._calls_for(function)
                    for args in calls + json.loads(json.dumps(self.variants)):
                        values.append(_answer(function, args))
            return Answers(values, len(calls), self.ordinal)
        except BaseException:
            return None
        finally:
            if seen is not None:
                seen["<module>"] = {name: kinds.of_value(value) for name, value in space.items()}
            self.used = before - counter[0]
            self.steps -= self.used

    def _calls_for(self, function):
        """Fresh copies of the example calls; a function without parameters needs no examples."""
        if self.calls:
            return json.loads(json.dumps(self.calls))
        code = getattr(function, "__code__", None)
        return [[]] if code is not None and code.co_argcount == 0 else []


def _answer(function, args):
    """The function's answer as JSON would carry it, or None when it fails or answers nothing."""
    value = None
    try:
        value = function(*args)
        return json.loads(json.dumps(value, allow_nan=False))
    except (Exception, SystemExit):
        return None
    finally:
        if hasattr(type(value), "close"):
            value.close()


@contextlib.contextmanager
def _watch(counter, seen):
    """Counts steps of the candidate's code down and, when asked, notes kinds of locals at every return."""
    watch = sys.monitoring
    events = watch.events
    tool = next(number for number in (3, 4, 5, 2, 1, 0) if watch.get_tool(number) is None)

    def step(code, *_where):
        if code.co_filename != FILE:
            return watch.DISABLE
        counter[0] -= 1
        if counter[0] < 0:
            raise TooLong()
        return None

    noted = {}

    def leave(code, _place, value):
        name = code.co_name
        if code.co_filename != FILE or name == "<module>" or noted.get(name, 0) >= RETURNS_SEEN_MAX:
            return watch.DISABLE
        noted[name] = noted.get(name, 0) + 1
        local = seen.setdefault(name, {})
        for key, found in {**sys._getframe(1).f_locals, "return": value}.items():
            local[key] = kinds.merge(local.get(key), kinds.of_value(found))
        return None

    counted = (events.PY_START, events.PY_RESUME, events.JUMP)
    wanted = events.PY_START | events.PY_RESUME | events.JUMP
    watch.use_tool_id(tool, "probe")
    try:
        for event in counted:
            watch.register_callback(tool, event, step)
        if seen is not None:
            watch.register_callback(tool, events.PY_RETURN, leave)
            wanted |= events.PY_RETURN
        watch.set_events(tool, wanted)
        yield
    finally:
        watch.set_events(tool, 0)
        for event in (*counted, events.PY_RETURN):
            watch.register_callback(tool, event, None)
        watch.free_tool_id(tool)
