"""The test suites of numpy and scipy: `run` runs one file of them in the guest; as a program, this makes the jobs and compares what they say.

usage: check.py jobs TREE OUT_DIR PLACE...     (a job for each test file of these folders or files; prints the jobs)
       check.py again LOG JOB...               (rewrites the jobs whose guest ended, without the test in which it did, whatever its parameters; prints them)
       check.py show LOG                       (prints the counts and what failed)
       check.py record LOG EXPECTED            (takes the files of the log over into EXPECTED)
       check.py compare LOG EXPECTED           (prints how the files of the log differ from EXPECTED)
"""
import collections
import difflib
import importlib
import json
import os
import pathlib
import re
import sys
import threading
import types

FILE, TEST, COUNTS = "##FILE ", "##TEST ", "##COUNTS "
REASON = 120  # characters of what failed
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "ended")
# What needs a compiler, processes or threads, or asks about the vector units of the machine; and what belongs to parts that are not inside.
OMITTED = re.compile(
    r"numpy/(f2py|distutils|typing|_pyinstaller|_core/src)/.*|scipy/(datasets|odr|misc)/.*"
    r"|.*/test_(cython|limited_api|array_api_info|multithreading|multiprocessing|simd|simd_module|nditer_multithreading|public_api|configtool"
    r"|mem_policy|mem_overlap_long|extending|numpy_config|scripts|warnings|import|import_lazy|lazyloading|reloading|ctypeslib"
    r"|cython_special|cython_abi|import_cycles)\.py|.*/_cython_examples/.*"
)


# ---- in the guest --------------------------------------------------------------------------------------------------------------

class Tests:
    """Finds the tests of packages, which are in the unpacked sources: the packages themselves come from the snapshot and its library."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        parts = name.split(".")
        if parts[0] in ("numpy", "scipy") and ("tests" in parts or parts[-1] == "conftest"):
            return importlib.machinery.PathFinder.find_spec(name, ["/tests/" + "/".join(parts[:-1])])
        return None


class StandIn(types.ModuleType):
    """A module that is not there, for test files that import it and need it in few places: each of its names is an empty class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


class Bytes:
    """The guest's memory from an address on, as numpy takes it."""

    def __init__(self, address, length):
        self.__array_interface__ = {"version": 3, "typestr": "|u1", "shape": (length,), "data": (address, False)}


def memset(address, value, length):
    """ctypes' function of this name."""
    importlib.import_module("numpy").asarray(Bytes(address, length)).fill(value)


class Counter:
    """Counts outcomes, and says which test runs, should the guest end in it."""

    def __init__(self, without):
        self.without, self.counts, self.failures = without, collections.Counter(), []

    def pytest_collection_modifyitems(self, config, items):
        left = [item for item in items if item.nodeid.partition("[")[0] not in self.without]
        if len(left) < len(items):
            self.counts["ended"] = len(items) - len(left)
        items[:] = left

    def pytest_runtest_logstart(self, nodeid, location):
        os.write(1, f"{TEST}{nodeid}\n".encode())

    def pytest_collectreport(self, report):
        if report.outcome == "failed":
            self.add("error", report)
        elif report.outcome == "skipped":
            self.counts["skipped"] += 1

    def pytest_runtest_logreport(self, report):
        if hasattr(report, "wasxfail"):
            if report.when == "call" or report.skipped:
                self.add("xfailed" if report.skipped else "xpassed")
        elif report.failed:
            self.add("failed" if report.when == "call" else "error", report)
        elif report.skipped or report.when == "call":
            self.add(report.outcome)

    def add(self, outcome, report=None):
        self.counts[outcome] += 1
        if report:
            crash = getattr(report.longrepr, "reprcrash", None)
            lines = crash.message.splitlines() if crash else re.findall("^E +(.*)", str(report.longrepr), re.M)
            self.failures.append([report.nodeid, re.sub("0x[0-9a-f]+", "0x", " ".join(" ".join(lines).split()))[:REASON]])

    def pytest_unconfigure(self, config):
        os.write(1, f"{COUNTS}{json.dumps({**self.counts, 'failures': self.failures})}\n".encode())


def run(file, without=()):
    for name in ("ctypes", "ctypes.util", "mmap"):
        sys.modules[name] = StandIn(name)
    sys.modules["ctypes"].memset = memset
    threading.get_native_id = threading.get_ident
    if file.startswith("scipy/"):
        # Texts of functions of C that ctypes would call are left out of scipy (patches/scipy/2-python.patch); files of tests import them.
        callbacks = importlib.import_module("scipy._lib._ccallback_c")
        for name in ("plus1_ctypes", "plus1b_ctypes", "plus1bc_ctypes", "sine_ctypes"):
            setattr(callbacks, name, sys.modules["ctypes"].callback)
    sys.modules["scipy._lib._fpumode"] = fpumode = types.ModuleType("scipy._lib._fpumode")
    fpumode.get_fpu_mode = lambda: None
    sys.meta_path.insert(0, Tests)
    if not hasattr(os, "getuid"):
        os.getuid = lambda: 0
    os.chdir("/tests")
    print(f"{FILE}{file}", flush=True)
    import pytest
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--assert=plain", "--tb=short", "--no-header",
               "-m", "not slow", "-W", "ignore::pytest.PytestUnknownMarkWarning", "--disable-warnings"]
    return int(pytest.main([*options, file], plugins=[Counter(set(without))]))


# ---- beside it -----------------------------------------------------------------------------------------------------------------

def test_files(tree, places):
    for place in places:
        path = tree / place.partition("::")[0]
        found = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
        for file in found:
            name = file.relative_to(tree).as_posix()
            if "tests" in file.parts and not (path.is_dir() and OMITTED.fullmatch(name)):
                yield place if not path.is_dir() else name


def job(file, without=()):
    return {"argv": [file], "path": ["/site", "/tests"],
            "main": {"call": {"module": "check", "function": "run", "args": [file, list(without)]}}}


def jobs(tree, out, *places):
    for file in test_files(pathlib.Path(tree), places):
        path = pathlib.Path(out, re.sub(r"\W+", ".", file) + ".json")
        path.write_text(json.dumps(job(file)))
        print(path)


def results(log):
    """Counts of each file, its failures, and the tests in which guests ended. A later run of a file replaces an earlier one."""
    found = {}
    text = pathlib.Path(log).read_text(errors="replace")
    for part in re.split(f"^.*{FILE}", text, flags=re.M)[1:]:
        file = part.split("\n", 1)[0]
        counts = re.findall(f"{COUNTS}(.*)", part)
        ended = found.get(file, (None, [], ""))[1]
        if counts:
            found[file] = json.loads(counts[-1]), ended, ""
        else:
            running = re.findall(f"{TEST}(.*)", part)
            why = (re.findall(r"wasm trap: .*|all fuel.*|.*ends the guest.*|.*this runtime has no.*", part) or ["?"])[0].strip()
            found[file] = {"failures": []}, [*ended, (running[-1] if running else file, why)], why
    return found


def again(log, *files):
    """Jobs of the files that did not get to their end; what ended them is known by then."""
    found = results(log)
    for path in files:
        file = json.loads(pathlib.Path(path).read_text())["main"]["call"]["args"][0]
        _, ended, why = found.get(file, (None, [], ""))
        if why and ended[-1][0] != file:
            pathlib.Path(path).write_text(json.dumps(job(file, [test.partition("[")[0] for test, _ in ended])))
            print(path)


def part(file):
    names = file.split("/")
    return names[0] if names[0] == "numpy" else ".".join(names[:2]) if "tests" not in names[:2] else names[0]


def blocks(log):
    out = {}
    for file, (counts, ended, why) in results(log).items():
        counts.setdefault("ended", len(ended))
        shown = ", ".join(f"{counts[what]} {what}" for what in OUTCOMES if counts.get(what))
        lines = [f"{file}: {shown or 'no tests'}{' (not to its end)' if why else ''}"]
        lines += sorted({f"    {test}: {reason}" for test, reason in [*counts["failures"], *ended]})
        out[file] = lines
    return out


def read(expected):
    out = {}
    if os.path.exists(expected):
        for line in pathlib.Path(expected).read_text().splitlines():
            if line.startswith("    "):
                out[file].append(line)
            elif ".py" in line.partition(":")[0]:
                file = line.partition(":")[0]
                out[file] = [line]
    return out


def totals(found):
    sums = collections.defaultdict(collections.Counter)
    for file, lines in found.items():
        for number, what in re.findall(r"(\d+) (\w+)", lines[0].partition(":")[2]):
            sums[part(file)][what] += int(number)
    return [f"{name}: " + ", ".join(f"{counts[what]} {what}" for what in OUTCOMES if counts[what]) for name, counts in sorted(sums.items())]


def written(found):
    return [*(line for file in sorted(found) for line in found[file]), "", *totals(found)]


def show(log):
    print("\n".join(written(blocks(log))))


def record(log, expected):
    pathlib.Path(expected).write_text("\n".join(written(read(expected) | blocks(log))) + "\n")


def compare(log, expected):
    found, wanted = blocks(log), read(expected)
    wanted = {file: wanted.get(file, []) for file in found}
    difference = list(difflib.unified_diff(*([line for file in sorted(lines) for line in lines[file]] for lines in (wanted, found)),
                                           "expected", "actual", lineterm=""))
    print("\n".join([*difference, *totals(found)]))
    return bool(difference)


if __name__ == "__main__":
    sys.exit({"jobs": jobs, "again": again, "show": show, "record": record, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
