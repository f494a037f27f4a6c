"""Why a request failed, as exceptions by the kind of the host's error."""


class HyperspaceError(Exception):
    """A request to the host failed. `kind` is the host's word for it, `message` its sentence."""

    kind = "failed"

    def __init__(self, message, kind=None):
        super().__init__(message)
        self.message = message
        if kind is not None:
            self.kind = kind


class Denied(HyperspaceError):
    """The grants of this run do not allow it."""

    kind = "denied"


class Invalid(HyperspaceError):
    """The request is malformed, or names what does not exist."""

    kind = "invalid"


class Exhausted(HyperspaceError):
    """A quota or a limit of this run is used up."""

    kind = "exhausted"


class Failed(HyperspaceError):
    """Any other failure on the host's side."""


class ModelError(HyperspaceError):
    """A model gave no answer. `kind`: "budget", "provider", "context", "refused" or "invalid"."""

    kind = "provider"


BY_KIND = {error.kind: error for error in (Denied, Invalid, Exhausted)}


def from_answer(error):
    """The exception for the `error` member of an answer."""
    kind, message = str(error.get("kind", "failed")), str(error.get("message", ""))
    return BY_KIND.get(kind, Failed)(message, kind)
