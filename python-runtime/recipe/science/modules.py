"""Writes C that registers the extension modules of a build as built-in modules under their full names, which the importer asks for.

usage: modules.py BUILD_DIR OUT.c [--tests]   (prints the archives to link, those of the modules first)
"""
import pathlib
import sys


def extensions(build, tests):
    """Archives of extension modules, which compiler.py made in the place of shared libraries."""
    for archive in sorted(build.glob("numpy/**/*.so")):
        stem = archive.name.partition(".")[0]
        if tests or not (stem.endswith("_tests") or stem == "_simd"):
            yield ".".join([*archive.relative_to(build).parent.parts, stem]), archive


def archives(build, found):
    names = [archive for _, archive in found]
    for _, archive in found:
        for line in pathlib.Path(f"{archive}.libraries").read_text().splitlines():
            library = build / line
            if library not in names:
                names.append(library)
    return names


def main(build, out, *tests):
    build = pathlib.Path(build)
    found = list(extensions(build, bool(tests)))
    starts = [(name, "PyInit_" + name.rpartition(".")[2]) for name, _ in found]
    lines = ["#include <Python.h>", *(f"extern PyObject *{start}(void);" for _, start in starts), "int hyperspace_add_extensions(void)", "{"]
    for name, start in starts:
        lines += [f'    if (PyImport_AppendInittab("{name}", {start}) < 0)', "        return -1;"]
    pathlib.Path(out).write_text("\n".join([*lines, "    return 0;", "}", ""]))
    print("\n".join(map(str, archives(build, found))))


main(*sys.argv[1:])
