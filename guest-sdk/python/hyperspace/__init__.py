"""The guest's side of hyperspace: ask the host, a model or a tool, log, run episodes.

A guest has one way out, the door: `call` sends one request and waits for its answer. What a request may do is decided by
the host from the grants of the run; a refusal is an exception here, never a silent no.
"""

from hyperspace.errors import Denied, Exhausted, Failed, HyperspaceError, Invalid, ModelError
from hyperspace.door import call, log
from hyperspace.model import chat
from hyperspace import drive, tools

__all__ = [
    "Denied", "Exhausted", "Failed", "HyperspaceError", "Invalid", "ModelError", "call", "chat", "drive", "log", "tools",
]
