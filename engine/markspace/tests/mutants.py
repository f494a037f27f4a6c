"""Runs the tests of the mark space against every automatic mutant of the code that decides.

The mutants are those of cargo-mutants, as `.cargo/mutants.toml` selects them. cargo-mutants builds the crate once for each; this
compiles all of them into one copy of it, each behind a switch that an environment variable chooses, so that one build serves
hundreds of mutants. A function with mutants becomes a chain: `if mutant(7) { changed body } else … { body }`.

    python3 engine/markspace/tests/mutants.py COPY TARGET_DIR [--only TEXT …] [--table] [--jobs N]

COPY is a folder to make anew, TARGET_DIR a target folder of its own, `--only` takes the mutants whose name has one of the texts.
With `--table` the mutants are those of the table in PROPERTIES.md, and each must fail the test that its row names. What the
compiler refuses is unviable, as it is for cargo-mutants, and does not count. What cannot stand behind a switch (constants,
types, functions that return `impl Trait`) is listed as left over, for cargo-mutants itself. Needs `cargo install cargo-mutants`,
which lists the mutants.
"""

import argparse
import bisect
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORKSPACE = Path(__file__).resolve().parents[3]
PACKAGE = "hyperspace-markspace"
# The one file of another crate that the table has a mutation of.
SCOPES = "engine/core/src/scope.rs"
TESTS = ["--lib", *(f"--test={name}" for name in ("authority", "bad_input", "defects", "edges", "envelope", "properties"))]
# What the compiler evaluates is evaluated at the start here, so that a variable of the environment can switch it.
LAZY = [
    (
        "static POWERS: [u64; (1 << STEP_BITS) + 1] = powers();",
        "static POWERS: std::sync::LazyLock<[u64; (1 << STEP_BITS) + 1]> = std::sync::LazyLock::new(powers);",
    ),
]
SWITCH = """
/// The mutant that was chosen, by number.
#[allow(clippy::all)]
pub(crate) fn mutant(number: u32) -> bool {
    static CHOSEN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *CHOSEN.get_or_init(|| std::env::var("MUTANT").ok().and_then(|m| m.parse().ok()).unwrap_or(0)) == number
}
"""


def listing(*arguments, package=PACKAGE):
    """What cargo-mutants would mutate."""
    command = ["cargo", "mutants", *arguments, "--list", "--json", "-p", package]
    done = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}\n(it is installed by `cargo install cargo-mutants`)")
    return json.loads(done.stdout)


class Source:
    """A file with places by line and column, both from 1."""

    def __init__(self, path):
        self.text = path.read_text()
        self.lines = [0]
        for line in self.text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def at(self, place):
        return self.lines[place["line"] - 1] + place["column"] - 1

    def place(self, offset):
        line = bisect.bisect_right(self.lines, offset)
        return {"line": line, "column": offset - self.lines[line - 1] + 1}

    def body(self, function):
        """Span of the function's block, braces included, and where its `fn` begins."""
        start, end = self.at(function["span"]["start"]), self.at(function["span"]["end"])
        name = function["function_name"].rsplit("::", 1)[-1].split("<")[0]
        head = re.compile(rf"(?:pub(?:\([a-z]+\))? )?(?:const )?fn {re.escape(name)}\b")
        begin = head.search(self.text, start, end)
        at = self.text.index("{", begin.end())
        return begin.start(), at, end


def listed(only):
    mutants = listing()
    for number, mutant in enumerate(mutants, 1):
        mutant["number"] = number
    return [m for m in mutants if not only or any(text in m["name"] for text in only)]


def tabled(only):
    """The mutants of the table in PROPERTIES.md, as if cargo-mutants had listed them."""
    functions = {}
    for place, package in ((SCOPES, "hyperspace-core"), ("engine/markspace/src/*.rs", PACKAGE)):
        for mutant in listing("--no-config", "-f", place, package=package):
            if mutant["function"]:
                functions.setdefault(mutant["file"], []).append(mutant["function"])
    table = (WORKSPACE / "engine/markspace/PROPERTIES.md").read_text()
    rows = re.findall(r"^\| P(\d+) \| `(\w+::\w+)` \| `(\w+\.rs)`: `(.*)` → (?:`(.*)`|\(nothing\)) \|$", table, re.M)
    mutants = []
    for number, test, file, old, new in rows:
        path = SCOPES if file == "scope.rs" else f"engine/markspace/src/{file}"
        source = Source(WORKSPACE / path)
        old, new = old.replace("\\|", "|"), new.replace("\\|", "|")
        pattern = re.compile(r"\s+".join(re.escape(part) for part in old.split()))
        found = pattern.search(source.text)
        if not found:
            raise SystemExit(f"P{number}: {old!r} is not in {file}")
        around = [f for f in functions[path] if source.at(f["span"]["start"]) <= found.start() < source.at(f["span"]["end"])]
        if not around:
            raise SystemExit(f"P{number}: {old!r} is in no function that cargo-mutants knows")
        mutants.append({
            "number": int(number), "name": f"P{number} {file}: {old} → {new}", "file": path, "function": around[0],
            "replacement": new, "span": {"start": source.place(found.start()), "end": source.place(found.end())}, "test": test,
        })
    if sorted(m["number"] for m in mutants) != list(range(1, 71)):
        missing = set(range(1, 71)) - {m["number"] for m in mutants}
        raise SystemExit(f"the table has no row, or no mutation, for {sorted(missing)}")
    return [m for m in mutants if not only or any(text in m["name"] for text in only)]


def has_switch(mutant):
    function = mutant.get("function")
    if not function or "impl " in function["return_type"]:
        return False
    source = Source(WORKSPACE / mutant["file"])
    return source.at(mutant["span"]["start"]) > source.body(function)[1]


def instrument(copy, mutants):
    """Writes the copy's files with these mutants; lines of each file that belong to a mutant."""
    owners, by_file = {}, {}
    for mutant in mutants:
        by_file.setdefault(mutant["file"], []).append(mutant)
    for file in sorted({m["file"] for m in mutants} | set(instrument.seen)):
        instrument.seen.add(file)
        source = Source(WORKSPACE / file)
        chains = {}
        for mutant in by_file.get(file, []):
            chains.setdefault(source.body(mutant["function"]), []).append(mutant)
        out, last, owned = "", 0, []
        for (head, begin, end), chain in sorted(chains.items(), key=lambda item: item[0]):
            out += source.text[last:head] + source.text[head:begin].replace("const fn", "fn", 1) + "{ "
            for mutant in chain:
                start, stop = source.at(mutant["span"]["start"]), source.at(mutant["span"]["end"])
                changed = source.text[begin:start] + mutant["replacement"] + source.text[stop:end]
                out += f"\nif crate::mutant({mutant['number']}) "
                first = out.count("\n") + 1
                out += changed
                owned.append((first, out.count("\n") + 1, mutant["number"]))
                out += "\nelse "
            out += "\n" + source.text[begin:end] + " }"
            last = end
        out += source.text[last:]
        for constant, lazy in LAZY:
            out = out.replace(constant, lazy)
        (copy / file).write_text(out)
        owners[file] = owned
    for library in ("engine/core/src/lib.rs", "engine/markspace/src/lib.rs"):
        (copy / library).write_text((WORKSPACE / library).read_text() + SWITCH)
    return owners


instrument.seen = set()


def cargo(copy, target, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    return subprocess.run(
        ["cargo", *arguments, "--release", "-p", PACKAGE, "--message-format=json"],
        cwd=copy, env=environment, capture_output=True, text=True,
    )


def refused(messages, owners):
    """Numbers of the mutants in which the compiler found an error; errors that belong to none."""
    found, others = set(), []
    for line in messages.splitlines():
        message = json.loads(line)
        if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
            continue
        here = set()
        for span in message["message"]["spans"]:
            for first, last, number in owners.get(span["file_name"], []):
                if first <= span["line_start"] <= last and span["is_primary"]:
                    here.add(number)
        found |= here
        if not here and message["message"]["spans"]:
            others.append(message["message"]["rendered"])
    return found, others


def viable(copy, target, mutants):
    """Instruments the copy with all mutants that compile; those, and the unviable ones."""
    left, unviable = mutants, []
    while True:
        owners = instrument(copy, left)
        check = cargo(copy, target, "check", "--lib")
        if check.returncode == 0:
            return left, unviable
        numbers, others = refused(check.stdout, owners)
        if not numbers:
            raise SystemExit("".join(others) or check.stderr[-6000:])
        print(f"the compiler refuses {len(numbers)}", file=sys.stderr, flush=True)
        unviable += [m for m in left if m["number"] in numbers]
        left = [m for m in left if m["number"] not in numbers]


def built(copy, target, tests):
    """Builds these tests; what to run, with arguments."""
    build = cargo(copy, target, "test", *tests, "--no-run")
    if build.returncode:
        raise SystemExit(build.stderr[-6000:])
    messages = [json.loads(line) for line in build.stdout.splitlines() if line.startswith("{")]
    binaries = [m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]]
    named = {re.sub(r"-[0-9a-f]+$", "", Path(binary).name): binary for binary in binaries}
    library = named.pop("hyperspace_markspace", None)
    if not library:
        return [(binary, []) for binary in binaries]
    # The slowest last: properties, and the exploration of all interleavings.
    runs = [(library, ["--skip", "explore"])]
    runs += [(named[name], []) for name in sorted(named, key=lambda name: (name == "properties", name))]
    return runs + [(library, ["explore"])]


def killers(copy, runs, number, test=None):
    """The tests that fail; none when the mutant survives. With a test, of the properties, only that one is run."""
    if test:
        runs = [(binary, ["--exact", test]) for binary, _ in runs if "/properties-" in binary]
    for binary, arguments in runs:
        try:
            run = subprocess.run(
                [binary, *arguments], cwd=copy / "engine/markspace", capture_output=True, text=True, timeout=90,
                # The first failing case is enough; shrinking it would only take time.
                env={**os.environ, "MUTANT": str(number), "PROPTEST_MAX_SHRINK_ITERS": "0"},
            )
        except subprocess.TimeoutExpired:
            return ["timeout"]
        if run.returncode:
            return sorted(set(re.findall(r"^    ([\w:]+)$", run.stdout, re.M))) or ["crashed"]
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("copy", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    shutil.rmtree(options.copy, ignore_errors=True)
    shutil.copytree(WORKSPACE, options.copy, ignore=shutil.ignore_patterns(".git", "target"))
    mutants = tabled(options.only) if options.table else listed(options.only)
    left_over = [m for m in mutants if not has_switch(m)]
    left, unviable = viable(options.copy, options.target, [m for m in mutants if has_switch(m)])
    runs = built(options.copy, options.target, ["--test=properties"] if options.table else TESTS)
    if failing := killers(options.copy, runs, 0):
        raise SystemExit(f"the tests fail without a mutant: {failing}")

    def judge(mutant):
        found = killers(options.copy, runs, mutant["number"], mutant.get("test"))
        print("killed  " if found else "SURVIVED", mutant["name"], *found[:8], flush=True)
        return bool(found)

    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(judge, left))
    for mutant in left_over:
        print("left over", mutant["name"])
    for mutant in unviable:
        print("unviable", mutant["name"])
    killed = sum(results)
    print(
        f"{killed} of {len(left)} mutants killed: {100 * killed / max(1, len(left)):.1f} %; "
        f"{len(unviable)} do not compile, {len(left_over)} are left over"
    )
    if options.table and killed < len(mutants):
        raise SystemExit("the table names a mutation that its test does not catch")


main()
