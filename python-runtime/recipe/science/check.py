"""numpy's tests: `run` runs one file of them in the guest; as a program, this counts what a log of such runs says.

usage: python check.py LOG
"""
import collections
import os
import re
import sys
import types

MARK = "##FILE "


def extend_packages():
    """numpy comes from the snapshot; its packages find their tests in the unpacked sources."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "numpy" and hasattr(module, "__path__"):
            module.__path__ = [*module.__path__, "/tests/" + name.replace(".", "/")]


class StandIn(types.ModuleType):
    """A module that is not there, for test files that import it and need it in few places: each of its names is an empty class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


def run(file):
    for name in ("ctypes", "mmap"):
        sys.modules[name] = StandIn(name)
    extend_packages()
    if not hasattr(os, "getuid"):
        os.getuid = lambda: 1
    os.chdir("/tests")
    print(f"{MARK}{file}", flush=True)
    import pytest
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--assert=plain", "-rfE", "--tb=line", "-W", "ignore::pytest.PytestUnknownMarkWarning"]
    return int(pytest.main([*options, file]))


def count(log):
    text = open(log, errors="replace").read()
    total, lines = collections.Counter(), []
    for part in text.split(MARK)[1:]:
        name = part.split("\n", 1)[0]
        found = re.findall(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+) in [0-9.]+s", part, re.M)
        counts = dict((what.rstrip("s"), int(n)) for n, what in re.findall(r"(\d+) (\w+)", found[-1])) if found else {}
        total.update(counts)
        failures = sorted(set(re.findall(r"^(?:FAILED|ERROR) (\S+)", part, re.M)))
        ended = "" if found else " did not finish: " + (re.findall(r"wasm trap: .*|all fuel.*|Fatal.*", part) or ["?"])[0]
        shown = ", ".join(f"{counts[what]} {what}" for what in ("passed", "failed", "error", "skipped", "xfailed") if counts.get(what))
        lines.append(f"{name}: {shown}{ended}")
        lines += [f"    {failure}" for failure in failures]
    lines.append("all: " + ", ".join(f"{n} {what}" for what, n in sorted(total.items()) if what not in ("warning", "deselected")))
    return lines


if __name__ == "__main__":
    print("\n".join(count(sys.argv[1])))
