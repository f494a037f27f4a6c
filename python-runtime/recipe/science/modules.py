"""Writes C that registers the extension modules of builds as built-in modules under their full names, which the importer asks for.

usage: modules.py link OUT.c [--tests] BUILD_DIR...   (prints the archives to link, those of the modules first)
       modules.py targets BUILD_DIR                   (prints the archives that ninja has to build, those of tests among them)
"""
import json
import pathlib
import re
import sys

TESTS = re.compile(r"_simd|_c?ytest|_ctest|_test_.*|.*_tests")
# The quick reader of Matrix Market files, beside which there is one in Python, the generators of UNU.RAN, what only other extension
# modules call, numpy's own part of LAPACK, for which it calls scipy's, and a test that sets rounding modes, which WebAssembly has not.
LEFT_OUT = re.compile(
    r"scipy\.(io\._fast_matrix_market|optimize\.cython_optimize|special\.(cython_special|_test_internal)|stats\._unuran|_lib\._fpumode)\b.*"
    r"|numpy\.linalg\.lapack_lite"
)
# Python's own modules that the plain runtime has not (bzip2.sh).
OF_PYTHON = ("_bz2",)


def extensions(build, tests=False):
    """Full name and archive of each extension module, which compiler.py makes in the place of shared libraries."""
    installed = json.loads((build / "meson-info/intro-installed.json").read_text())
    for archive, place in sorted(installed.items(), key=lambda item: item[1]):
        if not archive.endswith(".so"):
            continue
        name = place.partition("-packages/")[2].partition(".")[0].replace("/", ".")
        if not LEFT_OUT.fullmatch(name) and (tests or not TESTS.fullmatch(name.rpartition(".")[2])):
            yield name, pathlib.Path(archive)


def libraries(build, archive):
    for line in pathlib.Path(f"{archive}.libraries").read_text().splitlines():
        yield build / line


def link(out, *builds):
    tests = "--tests" in builds
    builds = [pathlib.Path(build) for build in builds if build != "--tests"]
    found = [(name, archive, build) for build in builds for name, archive in extensions(build, tests)]
    starts = [(name, "PyInit_" + name.rpartition(".")[2]) for name in [*(name for name, _, _ in found), *OF_PYTHON]]
    twice = {start for _, start in starts if [other for _, other in starts].count(start) > 1}
    if twice:
        sys.exit(f"modules.py: two modules with one name: {' '.join(sorted(twice))}")
    lines = ["#include <Python.h>", *(f"extern PyObject *{start}(void);" for _, start in starts), "int hyperspace_add_extensions(void)", "{"]
    for name, start in starts:
        lines += [f'    if (PyImport_AppendInittab("{name}", {start}) < 0)', "        return -1;"]
    pathlib.Path(out).write_text("\n".join([*lines, "    return 0;", "}", ""]))
    archives = [archive for _, archive, _ in found] + [library for _, archive, build in found for library in libraries(build, archive)]
    print("\n".join(map(str, dict.fromkeys(archives))))


def targets(build):
    build = pathlib.Path(build)
    print("\n".join(str(archive.relative_to(build)) for _, archive in extensions(build, tests=True)))


if __name__ == "__main__":
    {"link": link, "targets": targets}[sys.argv[1]](*sys.argv[2:])
