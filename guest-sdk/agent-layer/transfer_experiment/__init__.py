"""The names of the agent that the original transfer experiments start from: `transfer_experiment.initial_agent` has `agent` and both modules."""

import sys
import types

from hyperspace import aliases

INITIAL = f"{__name__}.initial_agent"

__path__ = aliases.offer(
    "transfer_experiment",
    **{f"initial_agent.{name}": name for name in ("agent", "task_agent", "meta_agent")},
)
initial_agent = types.ModuleType(INITIAL)
initial_agent.__path__ = [f"{folder}/initial_agent" for folder in __path__]
sys.modules.setdefault(INITIAL, initial_agent)
