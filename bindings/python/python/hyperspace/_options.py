"""Limits and other options of a guest, as people write them."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Mapping, Sequence

from hyperspace._arrays import encoded, has_arrays
from hyperspace._hyperspace import UsageError

_UNITS = {
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}
FUEL_PER_SECOND = 1_000_000_000  # a virtual second
_JSON = json.JSONEncoder(allow_nan=False)


def size(value: int | str, what: str) -> int:
    """Returns bytes: of a number, or of a text such as `"256MiB"` or `"64MB"`."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise UsageError(f"{what}: expected bytes or a text such as '256MiB', not {value!r}")
    if isinstance(value, int):
        return value
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", value)
    if found is None or found[2].lower() not in _UNITS:
        raise UsageError(f"{what}: {value!r} is no size; expected a number of bytes or a text such as '256MiB' or '64MB'")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def fuel_of(value: float | int | str, what: str) -> int:
    """Returns fuel: of a number, or of virtual seconds as text, such as `"2s"`."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?)\s*(s?)\s*", value)
        if found is None:
            raise UsageError(f"{what}: {value!r} is no fuel; expected a number such as 2e9, or virtual seconds such as '2s'")
        return int(float(found[1]) * (FUEL_PER_SECOND if found[2] else 1))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value in (float("inf"), float("-inf")):
        raise UsageError(f"{what}: expected a number such as 2_000_000_000, not {value!r}")
    return int(value)


def limits(
    fuel: float | int | str | None = None, memory: int | str | None = None, output: int | str | None = None,
    result: int | str | None = None, real_seconds: float | None = None, disk: int | str | None = None,
) -> dict[str, int]:
    """Returns the limits of a guest that are set, under the names of the engine."""
    found: dict[str, int] = {}
    if fuel is not None:
        found["fuel"] = fuel_of(fuel, "fuel")
    if memory is not None:
        found["memory_bytes"] = size(memory, "memory")
    if output is not None:
        found["output_bytes"] = size(output, "output")
    if result is not None:
        found["result_bytes"] = size(result, "result")
    if disk is not None:
        found["file_bytes"] = size(disk, "disk")
    if real_seconds is not None:
        found["wall_clock_ms"] = int(real_seconds * 1000)
    return found


def text_of(code: Any, what: str = "code") -> str:
    """Returns Python source; refuses what is no text."""
    if not isinstance(code, str):
        raise UsageError(f"{what}: expected a text of Python, not {type(code).__name__}")
    try:
        code.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{what}: it is no valid text: {error.reason} at position {error.start}") from None
    return code


def files_of(files: Mapping[str, str | bytes] | None) -> list[tuple[str, bytes]]:
    """Returns files as the engine takes them: paths and bytes."""
    found = []
    for path, content in (files or {}).items():
        if isinstance(content, str):
            content = content.encode("utf-8")
        if not isinstance(path, str) or not isinstance(content, (bytes, bytearray, memoryview)):
            raise UsageError(f"files: expected paths and texts or bytes, not {path!r}: {type(content).__name__}")
        found.append((path, bytes(content)))
    return found


def json_of(value: Any, what: str) -> str:
    """Returns the JSON text of a value; refuses what is none, and says where."""
    try:
        return _JSON.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{what}: {error}; only JSON values cross into a guest") from None


def value_of(value: Any, what: str, arrays: bool) -> str:
    """Returns the text of a value for a guest: JSON, or where the guest has numpy the encoding of values that may hold arrays."""
    try:
        if arrays:
            return json_of(encoded(value), what)
        return json_of(value, what)
    except RecursionError:
        raise UsageError(f"{what}: a value that contains itself; only JSON values cross into a guest") from None
    except UsageError:
        if not arrays and has_arrays(value):
            message = f"{what}: arrays of numpy cross into guests of the science runtime alone: Sandbox(runtime=\"science\")"
            raise UsageError(message) from None
        raise


def fields_of(fields: dict[str, Any], what: str, arrays: bool) -> str:
    """Returns the text of an object whose fields are values for a guest."""
    if not arrays:
        return value_of(fields, what, False)
    try:
        return json_of({name: encoded(value) for name, value in fields.items()}, what)
    except RecursionError:
        raise UsageError(f"{what}: a value that contains itself; only JSON values and arrays cross into a guest") from None


def values_of(values: list[Any], what: str, arrays: bool) -> str:
    """Returns the text of a list of values, written at once; what is no value is named with its number."""
    try:
        return value_of(values, what, arrays)
    except UsageError:
        for number, value in enumerate(values):
            value_of(value, f"{what} {number}", arrays)
        raise


def guest(
    source: str = "", name: str = "", limits: Mapping[str, int] | None = None, seed: int = 0, args: Sequence[str] = (),
    env: Mapping[str, str] | None = None, stdin: str | None = None, packages: Sequence[str | os.PathLike[str]] = (),
    runtime: str | None = None,
) -> str:
    """Returns the options of a guest as the engine takes them."""
    options = {
        "name": name, "source": source, "limits": dict(limits or {}), "seed": seed, "args": list(args),
        "env": [f"{key}={value}" for key, value in (env or {}).items()], "stdin": stdin,
        "packages": [os.fspath(package) for package in packages], "runtime": runtime,
    }
    return json_of(options, "options")
