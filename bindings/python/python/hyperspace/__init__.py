"""Run untrusted Python in a deterministic sandbox, evaluate programs in it, and evolve agents.

A guest runs on its own CPython, compiled to WebAssembly: without network, processes, clock or files of the host, and under limits
on fuel and memory. The same call has the same outcome everywhere, bit for bit.

    >>> import hyperspace as hs
    >>> hs.run("print(6 * 7)").stdout
    '42\\n'

The behaviour of a guest is a value (`Outcome`); an exception (`HyperspaceError`) means that the host could not carry out the
request.
"""

from hyperspace._arrays import Array
from hyperspace._engine import Store, open, replay, warm
from hyperspace._evaluation import Case, Evaluation, Task
from hyperspace._hyperspace import (
    BudgetError, DamageError, DifferenceError, HyperspaceError, ProviderError, UsageError, __version__,
)
from hyperspace._outcome import GuestError, Outcome
from hyperspace._run import Best, Event, Run, evolve, resume, start
from hyperspace._sandbox import Sandbox, Session, run, run_async
from hyperspace._tables import RecordedRun, Runs
from hyperspace._workspace import CommandOutcome, Workspace

__all__ = [
    "Array", "Best", "BudgetError", "Case", "CommandOutcome", "DamageError", "DifferenceError", "Evaluation", "Event", "GuestError", "HyperspaceError",
    "Outcome", "ProviderError", "RecordedRun", "Run", "Runs", "Sandbox", "Session", "Store", "Task", "UsageError", "Workspace", "__version__", "evolve",
    "open", "replay", "resume", "run", "run_async", "start", "warm",
]
