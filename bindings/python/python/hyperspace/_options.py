"""Limits and other options of a guest, in human-readable forms."""

from __future__ import annotations

import json
import math
import operator
import os
import re
from typing import Any, Callable, Mapping, Sequence

from hyperspace._arrays import encoded, has_arrays
from hyperspace._hyperspace import UsageError

_UNITS = {
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}
FUEL_PER_SECOND = 1_000_000_000  # a virtual second
_JSON = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
_WHOLE_MAX = 2**64 - 1


def _shown(value: Any) -> str:
    """Returns a value as part of a message."""
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than this Python converts
        text = f"{type(value).__name__} of very many digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def whole(value: Any, what: str, least: int = 0) -> int:
    """Returns a value as an integer that the engine accepts."""
    try:
        found = operator.index(value)
    except TypeError:
        found = -1
    if isinstance(value, bool) or not least <= found <= _WHOLE_MAX:
        raise UsageError(f"{what}: expected a whole number from {least} to 2**64 - 1, not {_shown(value)}")
    return found


def _product(number: float, unit: int, value: Any, what: str) -> int:
    if not 0 <= number * unit <= _WHOLE_MAX:
        raise UsageError(f"{what}: {_shown(value)} is out of range; expected 0 to 2**64 - 1")
    return int(number * unit)


def size(value: int | str, what: str) -> int:
    """Returns a number of bytes, given as a number or as text such as `"256MiB"` or `"64MB"`."""
    if not isinstance(value, str):
        if isinstance(value, (bool, float)) or not hasattr(value, "__index__"):
            raise UsageError(f"{what}: expected bytes or a text such as '256MiB', not {_shown(value)}")
        return whole(value, what)
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", value)
    if found is None or found[2].lower() not in _UNITS:
        raise UsageError(f"{what}: {_shown(value)} is no size; expected a number of bytes or a text such as '256MiB' or '64MB'")
    return _product(float(found[1]), _UNITS[found[2].lower()], value, what)


def fuel_of(value: float | int | str, what: str) -> int:
    """Returns an amount of fuel, given as a number or as virtual seconds in a text such as `"2s"`."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?)\s*(s?)\s*", value)
        if found is None:
            raise UsageError(f"{what}: {_shown(value)} is no fuel; expected a number such as 2e9, or virtual seconds such as '2s'")
        return _product(float(found[1]), FUEL_PER_SECOND if found[2] else 1, value, what)
    if isinstance(value, float) and math.isfinite(value):
        return _product(value, 1, value, what)
    if isinstance(value, (bool, float)) or not hasattr(value, "__index__"):
        raise UsageError(f"{what}: expected a number such as 2_000_000_000, not {_shown(value)}")
    return whole(value, what)


def _milliseconds(value: float, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 86_400:
        raise UsageError(f"{what}: expected seconds above 0, at most 86400, not {_shown(value)}")
    return max(1, int(value * 1000))


def limits(
    fuel: float | int | str | None = None, memory: int | str | None = None, output: int | str | None = None,
    result: int | str | None = None, real_seconds: float | None = None, disk: int | str | None = None,
) -> dict[str, int]:
    """Returns the limits of a guest that are set, under the engine's names."""
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
        found["wall_clock_ms"] = _milliseconds(real_seconds, "real_seconds")
    return found


def utf8(text: str, what: str) -> bytes:
    """Returns the bytes of a text. Refuses halves of characters (lone surrogates), which no file or program can contain."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{what}: it is no valid text: {error.reason} at position {error.start}") from None


def text_of(value: Any, what: str = "code", expected: str = "a text of Python") -> str:
    """Returns a text. Refuses anything else, and invalid text."""
    if not isinstance(value, str):
        raise UsageError(f"{what}: expected {expected}, not {type(value).__name__}")
    if not value.isascii():
        utf8(value, what)
    return value


def texts_of(values: Any, what: str, example: str) -> list[str]:
    """Returns a list of texts. A single text is refused, though Python could take it for a list of letters."""
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise UsageError(f"{what}: expected a list of texts such as {example}, not {_shown(values)}")
    return [text_of(value, f"{what}: item {number}", "a text") for number, value in enumerate(values)]


def paths_of(values: Any, what: str) -> list[str]:
    """Returns a list of paths."""
    if isinstance(values, (str, bytes, os.PathLike, Mapping)) or not hasattr(values, "__iter__"):
        raise UsageError(f"{what}: expected a list of paths such as ['wheels/'], not {_shown(values)}")
    found = [os.fspath(value) if isinstance(value, os.PathLike) else value for value in values]
    return [text_of(value, f"{what}: item {number}", "a path") for number, value in enumerate(found)]


def env_of(env: Any) -> dict[str, str]:
    """Returns environment variables."""
    if not isinstance(env, Mapping):
        raise UsageError(f"env: expected names and texts such as {{'MODE': 'fast'}}, not {_shown(env)}")
    for name, value in env.items():
        text_of(value, f"env: {_shown(name)}", "a text")
        if not text_of(name, "env", "names that are texts") or "=" in name:
            raise UsageError(f"env: {name!r} is no name of a variable")
    return dict(env)


def tools_of(tools: Any) -> dict[str, Callable[..., Any]]:
    """Returns functions of this process by name."""
    if not isinstance(tools, Mapping):
        raise UsageError(f"tools: expected names and functions such as {{'lookup': lookup}}, not {_shown(tools)}")
    for name, tool in tools.items():
        text_of(name, "tools", "names that are texts")
        if not callable(tool):
            raise UsageError(f"tools: {name}: expected a function, not {_shown(tool)}")
    return dict(tools)


def content_of(content: Any, what: str) -> bytes:
    """Returns the content of a file."""
    if isinstance(content, str):
        return utf8(content, what)
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    raise UsageError(f"{what}: expected a text or bytes, not {type(content).__name__}")


def files_of(files: Mapping[str, str | bytes] | None) -> list[tuple[str, bytes]]:
    """Returns files in the form that the engine takes: paths and bytes."""
    if files is None:
        return []
    if not isinstance(files, Mapping):
        raise UsageError(f"files: expected paths and their contents such as {{'a.txt': 'text'}}, not {_shown(files)}")
    return [
        (text_of(path, "files", "paths that are texts"), content_of(content, f"files: {path}")) for path, content in files.items()
    ]


def json_of(value: Any, what: str) -> str:
    """Returns the JSON text of a value. Refuses anything that is not JSON data, and says where it is."""
    try:
        text = _JSON.encode(value)
    except RecursionError:
        raise UsageError(f"{what}: values within values without an end, or too deep; only JSON values cross into a guest") from None
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what}: {error}; only JSON values cross into a guest") from None
    return text_of(text, what)


def value_of(value: Any, what: str, arrays: bool) -> str:
    """Returns the text of a value for a guest: JSON, or, if the guest has numpy, the encoding of values that may contain arrays."""
    if arrays:
        return json_of(_encoded(value, what), what)
    try:
        return json_of(value, what)
    except UsageError:
        if _holds_arrays(value):
            message = f"{what}: arrays of numpy cross into guests of the science runtime alone: Sandbox(runtime=\"science\")"
            raise UsageError(message) from None
        raise


def _encoded(value: Any, what: str) -> Any:
    try:
        return encoded(value)
    except RecursionError:
        raise UsageError(f"{what}: values within values without an end, or too deep; only JSON values and arrays cross into a guest") from None


def _holds_arrays(value: Any) -> bool:
    try:
        return has_arrays(value)
    except RecursionError:
        return False


def fields_of(fields: dict[str, Any], what: str, arrays: bool) -> str:
    """Returns the text of an object whose fields are values for a guest."""
    if not arrays:
        return value_of(fields, what, False)
    return json_of({name: _encoded(value, what) for name, value in fields.items()}, what)


def values_of(values: list[Any], what: str, arrays: bool) -> str:
    """Returns the text of a list of values, written at once. An invalid value is named by its number."""
    try:
        return value_of(values, what, arrays)
    except UsageError:
        for number, value in enumerate(values):
            value_of(value, f"{what} {number}", arrays)
        raise


def guest(
    source: str = "", name: str = "", limits: Mapping[str, int] | None = None, seed: int = 0, args: Sequence[str] = (),
    env: Mapping[str, str] | None = None, stdin: str | None = None, packages: Sequence[str] = (), runtime: str | None = None,
) -> str:
    """Returns the options of a guest in the form that the engine takes."""
    options = {
        "name": text_of(name, "name", "a text"), "source": source, "limits": dict(limits or {}), "seed": seed,
        "args": texts_of(args, "args", "['--fast']") if args else [],
        "env": [f"{key}={value}" for key, value in (env or {}).items()],
        "stdin": None if stdin is None else text_of(stdin, "stdin", "a text"), "packages": list(packages), "runtime": runtime,
    }
    return json_of(options, "options")
