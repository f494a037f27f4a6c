"""The guest's side of hyperspace: ask the host, log, run episodes.

A guest has one way out, the door: `call` sends one request and waits for its answer. What a request may do is decided by
the host from the grants of the run; a refusal is an exception here, never a silent no.
"""

from hyperspace.errors import Denied, Exhausted, Failed, HyperspaceError, Invalid
from hyperspace.door import call, log
from hyperspace import drive

__all__ = ["Denied", "Exhausted", "Failed", "HyperspaceError", "Invalid", "call", "drive", "log"]
