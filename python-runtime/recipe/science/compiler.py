#!/usr/bin/env python3
"""The guest's compiler as the builds of numpy and scipy call it: `guest-cc` and `guest-c++` are links to this file.

There are no shared libraries here. A link of one makes an archive of its objects in its place, and a list `OUT.libraries` of the
archives that it needs.

Environment: GUEST_ROOT and GUEST_LIBCXX (unpacked packages), GUEST_HEADERS (directories of CPython's headers), GUEST_FLAGS.
"""
import os
import pathlib
import re
import subprocess
import sys

# What the build asks of a linker or compiler for ELF.
NOT_HERE = {
    "-Wl,--start-group", "-Wl,--end-group", "-Wl,--as-needed", "-Wl,--no-undefined", "-Wl,--allow-shlib-undefined", "-Wl,-O1",
    "-rdynamic", "-fPIC", "-fvisibility=default",
    "-pthread",  # would bring instructions for atomic and bulk access to memory
    "-ftrapping-math",  # nothing traps here, so that keeping traps in order is for nothing
}
# Compiled for size, by the name of the object: code that runs once for a call, or branches more than it computes.
FOR_SIZE = re.compile(r"scipy/(stats|io|cluster|fftpack)/|scipy/linalg/_f(blas|lapack)\.")
NO_LINK = {"-c", "-E", "-S", "-fsyntax-only", "--version", "-dumpmachine"}


def expanded(arguments):
    for argument in arguments:
        if argument.startswith("@"):
            yield from pathlib.Path(argument[1:]).read_text().split()
        else:
            yield argument


def make_archive(root, arguments):
    out = pathlib.Path(arguments[arguments.index("-o") + 1])
    out.unlink(missing_ok=True)
    objects = [argument for argument in arguments if argument.endswith(".o")]
    subprocess.check_call([f"{root}/usr/lib/llvm-19/bin/llvm-ar", "rcsD", out, *objects])
    libraries = [argument for argument in arguments if argument.endswith(".a")]
    pathlib.Path(f"{out}.libraries").write_text("".join(f"{library}\n" for library in libraries))


def command(root, arguments, plus):
    emulated = ("signal", "getpid", "process-clocks")
    words = [f"{root}/usr/lib/llvm-19/bin/clang" + ("++" if plus else ""), "--target=wasm32-wasip1", f"--sysroot={root}/usr"]
    words += ["-D_WASI_EMULATED_" + name.upper().replace("-", "_") for name in emulated]
    if plus:
        words += ["-nostdinc++", "-isystem", os.environ["GUEST_LIBCXX"] + "/include/wasm32-wasi/c++/v1"]
    words += ["-isystem" + place for place in os.environ["GUEST_HEADERS"].split(os.pathsep)]
    if not NO_LINK & set(arguments):
        words += [f"-L{root}/usr/lib/wasm32-wasi", "-L" + os.environ["GUEST_LIBCXX"] + "/lib/wasm32-wasi", "-Wno-unused-command-line-argument"]
        words += ["-lwasi-emulated-" + name for name in emulated]
    words += [argument for argument in arguments if argument not in NOT_HERE] + os.environ["GUEST_FLAGS"].split()
    return words + (["-Os"] if any(FOR_SIZE.match(argument) for argument in arguments if argument.endswith(".o")) else [])


def main():
    root, arguments = os.environ["GUEST_ROOT"], list(expanded(sys.argv[1:]))
    if "-shared" in arguments:
        make_archive(root, arguments)
    else:
        words = command(root, arguments, sys.argv[0].endswith("++"))
        os.execv(words[0], words)


main()
