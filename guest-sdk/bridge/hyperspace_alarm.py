"""`signal.alarm` and `signal.setitimer` in a guest, which has no signals: the handler of SIGALRM is called once the virtual time has come.

That is noticed where a function begins and where code jumps back, so that a loop without an end is ended, too; one call of native code is not.
While an alarm is set, this takes some fuel for each of these places. The time is that of the guest, so it is the same in every repetition.
"""

import signal
import sys
import time

ALARM = getattr(signal, "SIGALRM", 14)
TOOL = 4  # a number that no tool of Python has
TICKS = 64  # places between two looks at the clock
EVENTS = sys.monitoring.events
state = {"handler": signal.SIG_DFL, "at": None, "interval": 0.0, "ticks": TICKS}
_signal, _getsignal = signal.signal, signal.getsignal
changed = []  # functions that are told the time at which it goes off next, or None


def set_handler(number, handler):
    if number != ALARM:
        try:
            return _signal(number, handler)
        except (OSError, ValueError):
            return signal.SIG_DFL
    before, state["handler"] = state["handler"], handler
    return before


def handler_of(number):
    return state["handler"] if number == ALARM else _getsignal(number)


def set_at(at, interval=0.0):
    """Set the virtual time at which it goes off; None for never. Returns the seconds that were left, and the interval."""
    left, before = (0.0 if state["at"] is None else max(0.0, state["at"] - time.monotonic())), state["interval"]
    state["at"], state["interval"] = at, interval
    for tell in changed:
        tell(at)
    monitoring = sys.monitoring
    if at is None and monitoring.get_tool(TOOL) is not None:
        monitoring.set_events(TOOL, EVENTS.NO_EVENTS)
        monitoring.free_tool_id(TOOL)
    elif at is not None:
        if monitoring.get_tool(TOOL) is None:
            monitoring.use_tool_id(TOOL, "alarm")
            for event, function in ((EVENTS.PY_START, look), (EVENTS.JUMP, look), (EVENTS.INSTRUCTION, go_off)):
                monitoring.register_callback(TOOL, event, function)
        monitoring.set_events(TOOL, EVENTS.PY_START | EVENTS.JUMP)
    return left, before


def look(code, *_):
    """Now and then, whether its time has come. If so, it goes off at the next instruction: what is raised at a jump leaves the whole function."""
    state["ticks"] -= 1
    if state["ticks"] > 0:
        return
    state["ticks"] = TICKS
    if state["at"] is not None and time.monotonic() >= state["at"]:
        sys.monitoring.set_events(TOOL, EVENTS.INSTRUCTION)


def go_off(code=None, *_):
    """Call the handler, if the time has come."""
    if state["at"] is None or time.monotonic() < state["at"] or code is not None and code.co_filename == __file__:
        return
    frame = sys._getframe(1)
    interval, handler = state["interval"], state["handler"]
    set_at(time.monotonic() + interval if interval > 0 else None, interval)
    if callable(handler):
        handler(ALARM, frame)
    elif handler == signal.SIG_DFL:
        raise SystemExit(128 + ALARM)


def alarm(seconds):
    left, _ = set_at(time.monotonic() + seconds if seconds else None)
    return -int(-left // 1)


def setitimer(which, seconds, interval=0.0):
    return set_at(time.monotonic() + seconds if seconds else None, interval)


def getitimer(which):
    return (0.0 if state["at"] is None else max(0.0, state["at"] - time.monotonic())), state["interval"]


def install():
    """Put these in place of the functions of `signal`, or where it has none."""
    signal.signal, signal.getsignal = set_handler, handler_of
    signal.alarm, signal.setitimer, signal.getitimer = alarm, setitimer, getitimer
    for name, value in (("SIGALRM", ALARM), ("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2), ("ItimerError", OSError)):
        if not hasattr(signal, name):
            setattr(signal, name, value)


class Deadline:
    """Ends the work in it at a virtual time by `TimeoutError`, as an alarm does; None is never."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        if self.seconds is not None:
            self.before = state["handler"], state["at"], state["interval"]
            at = time.monotonic() + self.seconds
            if state["at"] is None or at < state["at"]:
                state["handler"] = self.end
                set_at(at)
        return self

    def __exit__(self, *_):
        if self.seconds is not None:
            state["handler"] = self.before[0]
            set_at(*self.before[1:])

    @staticmethod
    def end(number, frame):
        raise TimeoutError("it took longer than it was given, in virtual seconds")
