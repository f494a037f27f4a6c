"""Deadlines and alarms of the evaluator.

A timeout is one of virtual seconds. It ends a call of the program that takes longer; the evaluator's own code it does not end, but the
time that this took counts. An alarm ends that, too. Threads, processes and executors are in `hyperspace_threads`.
"""

import time

import hyperspace_alarm
import hyperspace_hooks as hooks
import hyperspace_threads as threads

from . import bridge


class Deadline:
    """Lets calls of the program end at a virtual time."""

    def __init__(self, seconds):
        self.at = None if seconds is None else time.monotonic() + seconds

    def __enter__(self):
        if self.at is not None:
            bridge.deadlines.append(self.at)
        return self

    def __exit__(self, *_):
        if self.at is not None:
            bridge.deadlines.remove(self.at)


_exchange = bridge.exchange
alarms = []  # the time of the alarm that is set, as calls of the program are ended by it


def alarm_is_at(at):
    for old in alarms:
        bridge.deadlines.remove(old)
    alarms[:] = [at] if at is not None else []
    bridge.deadlines.extend(alarms)


def exchange(request, resume):
    """As the bridge's, with the handler of SIGALRM where its time has come."""
    try:
        return _exchange(request, resume)
    except TimeoutError:
        hyperspace_alarm.go_off()
        raise


def install():
    """Put the stand-ins in place of threads, pools and alarms."""
    bridge.exchange = exchange
    threads.state["deadline"] = Deadline
    hyperspace_alarm.install()
    hyperspace_alarm.changed.append(alarm_is_at)
    threads.install(hooks.after_import)
