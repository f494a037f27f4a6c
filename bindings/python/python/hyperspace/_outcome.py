"""Outcomes of guests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hyperspace._arrays import decoded


class GuestError(Exception):
    """A guest did not do what was asked; raised by `Outcome.unwrap` alone.

    `outcome` has everything that is known about it.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.describe())
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        # It is made again from its outcome, not from its words, as in another process of a pool.
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
        """Returns the outcome in one line of words, in which nothing is left that a terminal would obey."""
        if self.exception is not None:
            return _line(f"{self.exception}: {self.message}")
        if self.kind == "exit":
            return f"exit with code {self.exit_code}"
        return self.kind

    def unwrap(self) -> Any:
        """Returns the value; raises `GuestError` when the guest did not complete."""
        if not self.ok:
            raise GuestError(self)
        return self.value


def _line(text: str) -> str:
    """Returns text of a guest as a part of one line: characters that are not shown are escaped."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


def outcome(fields: dict[str, Any], arrays: bool = False) -> Outcome:
    """Makes an outcome of the fields that the engine gives. `arrays`: the value is in the encoding of values that may hold arrays."""
    if arrays:
        fields["value"] = decoded(fields["value"])
    fields["text"] = None
    made = object.__new__(Outcome)
    # An outcome is frozen for everybody else; this is ten times faster than setting field by field.
    vars(made).update(fields)
    return made
