"""What the evaluator's event loop waits for while it awaits a call of the program, which it cannot interrupt.

A call is given the time until the first timeout that would end its wait, that of `asyncio.wait_for` or `asyncio.timeout`. Afterwards
the loop has its turn, so that a timeout that has passed meanwhile is noticed.
"""

import asyncio
import contextlib

from . import tasks


def deadline():
    """Lets calls of the program end when the loop would end the wait of the task that runs."""
    try:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
    except RuntimeError:
        return contextlib.nullcontext()
    timers = [timer for timer in getattr(loop, "_scheduled", ()) if not timer.cancelled() and _waits(timer, task)]
    return tasks.Deadline(min(timer.when() for timer in timers) - loop.time()) if timers else contextlib.nullcontext()


def turn():
    return asyncio.sleep(0)


def _waits(timer, task):
    """Whether a timer ends a wait for this task: its own, or that of a task that awaits it."""
    owner = getattr(getattr(timer, "_callback", None), "__self__", None)
    return isinstance(owner, asyncio.Timeout) and task in _awaited(owner._task)


def _awaited(task):
    """A task, and the tasks that it awaits, directly or gathered."""
    found, ahead = set(), [task]
    while ahead:
        one = ahead.pop()
        if one is None or one in found:
            continue
        found.add(one)
        ahead.append(getattr(one, "_fut_waiter", None))
        ahead.extend(getattr(one, "_children", ()))
    return found
