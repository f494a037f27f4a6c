"""Outcomes of guests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hyperspace._arrays import decoded


class GuestError(Exception):
    """A guest did not do what was asked. Raised only by `Outcome.unwrap`.

    `outcome` has all that is known about it.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.describe())
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpickling, as in another process of a pool, recreates it from its outcome and not from its message.
        return type(self), (self.outcome,), {name: value for name, value in vars(self).items() if name != "outcome"}


@dataclass(frozen=True)
class Outcome:
    """The end of a guest's run. The same program with the same limits has the same outcome, with the same `digest`, everywhere."""

    kind: str
    """`completed`, `exception`, `out-of-fuel`, `out-of-memory`, `stack-overflow`, `output-limit`, `quota`, `exit`, `trap` or `wall-clock`."""
    value: Any
    """The value that a called function returned, or of a last expression in a session."""
    stdout: str
    stderr: str
    """What it printed; bytes that are no UTF-8 are replaced."""
    exception: str | None
    """The class of an exception that was not caught, such as `ValueError` or `json.decoder.JSONDecodeError`."""
    message: str | None
    """The text of the exception."""
    traceback: str | None
    """The traceback of the exception, as Python prints it."""
    exit_code: int | None
    """The code that a Python process would have left with; None if a limit ended it."""
    fuel: int
    """Fuel used: about one unit per WebAssembly instruction."""
    virtual_seconds: float
    """Time that passed for the guest: a nanosecond per unit of fuel, and what it slept."""
    memory_bytes: int
    """The largest size of its memory."""
    files: dict[str, bytes] = field(repr=False)
    """Files that it left, by absolute path in the guest."""
    deleted: list[str] = field(repr=False)
    """Paths of the files that it was given and deleted."""
    denials: list[dict[str, Any]] = field(repr=False)
    """Accesses that were refused: `op`, `target`, `reason`."""
    digest: str = field(repr=False)
    """The digest of the runtime and of everything above."""
    calls: list[dict[str, Any]] | None = field(default=None, repr=False)
    """The calls of tools with their answers, in order: `function`, `parameters`, `answer`. Given as `replay`, they answer the same calls
    again. None without tools, and where they have more than 64 MiB."""
    text: str | None = field(default=None, repr=False)
    """The `repr` of a last expression's value in a session; None without one."""

    @property
    def ok(self) -> bool:
        """True if the program ended by itself, without an exception or an exit code."""
        return self.kind == "completed"

    def describe(self) -> str:
        """Returns the outcome as one line of text, without anything that a terminal would obey."""
        if self.exception is not None:
            return _line(f"{self.exception}: {self.message}")
        if self.kind == "exit":
            return f"exit with code {self.exit_code}"
        return self.kind

    def unwrap(self) -> Any:
        """Returns the value. Raises `GuestError` if the guest did not complete."""
        if not self.ok:
            raise GuestError(self)
        return self.value


def _line(text: str) -> str:
    """Returns text of a guest as part of one line, with invisible characters escaped."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


def outcome(fields: dict[str, Any], arrays: bool = False) -> Outcome:
    """Returns an outcome with the fields from the engine. `arrays` is true if the value has the encoding of values that may contain
    arrays."""
    if arrays:
        fields["value"] = decoded(fields["value"])
    fields["text"] = None
    made = object.__new__(Outcome)
    # An outcome is frozen for everybody else. This is ten times faster than setting each field.
    vars(made).update(fields)
    return made
